"""Changes of clusters: merging two, splitting one, other ids, names.

An edit is a dictionary: `{"merge": [a, b]}`, `{"split": cluster, "centers":
centers}` or `{"renumber": ids}`, with a new id for each that there is.
"""

import numpy as np
from keras import ops

from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import shown


def applied(edit, soft_assignment, embedding):
    """What an edit makes of soft assignments.

    Args:
        edit: Dictionary, as `checked_edit` returns it.
        soft_assignment: Float32 tensor `(n, num_clusters)`.
        embedding: Tensor `(n, dim)`, for pieces.

    Returns:
        Tensor `(n, num_clusters)`, for pieces with new columns at the end.
    """
    if "merge" in edit:
        return _merge(soft_assignment, *edit["merge"])
    if "renumber" in edit:
        return _renumber(soft_assignment, edit["from"], edit["renumber"])
    cluster, centers = edit["split"], edit["centers"]
    return _divide(soft_assignment, embedding, cluster, centers)


def _merge(q, a, b):
    """Adds column `b` to column `a`."""
    moved = np.zeros(q.shape[1], "float32")
    moved[a], moved[b] = 1, -1
    return q + q[:, b : b + 1] * moved


def _renumber(q, ids, new_ids):
    """Puts each column in the place of its new id."""
    moved = np.zeros((q.shape[1], max(new_ids) + 1), "float32")
    moved[ids, new_ids] = 1
    return q @ moved


def _divide(q, z, cluster, centers):
    """Gives a column to the pieces with the nearest centers."""
    centers = np.array(centers, "float32")
    differences = ops.cast(z, "float32")[:, None] - centers
    distances = ops.sum(ops.square(differences), axis=-1)
    least = ops.min(distances, axis=1, keepdims=True)
    nearest = ops.cast(distances <= least, "float32")
    share = nearest / ops.sum(nearest, axis=1, keepdims=True)
    pieces = q[:, cluster : cluster + 1] * share
    columns = [q[:, :cluster], pieces[:, :1], q[:, cluster + 1 :]]
    return ops.concatenate([*columns, pieces[:, 1:]], axis=1)


def plain(edit):
    """An edit as lists and numbers, which JSON has, too.

    Args:
        edit: Dictionary, as `checked_edit` returns it.

    Returns:
        Dictionary.
    """
    if "merge" in edit:
        return {"merge": list(edit["merge"])}
    if "renumber" in edit:
        return {"renumber": list(edit["renumber"])}
    centers = [list(map(float, center)) for center in edit["centers"]]
    return {"split": edit["split"], "centers": centers}


# === Checks ===


def checked_cluster(name, value, ids):
    """An id as an `int`, or raises.

    Args:
        name: String, the argument's name.
        value: What the caller passed.
        ids: Sequence of the ids that there are.

    Raises:
        ValueError: If it is not among them.
    """
    is_integer = isinstance(value, (int, np.integer))
    if not is_integer or isinstance(value, bool) or value not in ids:
        raise ValueError(
            f"`{name}` must be one of the clusters {shown(list(ids))[1:-1]}. "
            f"Received: {name}={shown(value)}"
        )
    return int(value)


def checked_edit(edit, ids, num_clusters):
    """An edit, and the ids that there are after it; or raises.

    Args:
        edit: Dictionary, as `EditedClusters` takes it.
        ids: List of the ids before.
        num_clusters: Integer, columns before.

    Returns:
        Tuple of a dictionary of plain values, the list of ids after it, and
        the number of columns after it.

    Raises:
        ValueError: If a cluster does not exist, centers are not finite
            numbers `(num_pieces, dim)`, or two clusters get one id.
    """
    if "renumber" in edit:
        new_ids = _checked_new_ids(edit["renumber"], ids)
        edit = {"renumber": new_ids, "from": list(ids)}
        return edit, sorted(new_ids), max(new_ids) + 1
    if "merge" in edit:
        pair = [checked_cluster("merge", i, ids) for i in edit["merge"]]
        if len(set(pair)) != 2 or len(pair) != 2:
            raise ValueError(
                "Two clusters are merged at a time, not one with itself. "
                f"Received: {shown(pair)}"
            )
        left = [i for i in ids if i != max(pair)]
        return {"merge": sorted(pair)}, left, num_clusters
    cluster = checked_cluster("cluster", edit["split"], ids)
    centers = as_floats(edit["centers"])
    if centers.ndim != 2 or not np.isfinite(centers).all():
        raise ValueError(
            "`centers` must be finite numbers of shape (num_pieces, dim). "
            f"Received: centers={shown(edit['centers'])}"
        )
    num = checked_count("len(centers)", len(centers), minimum=2)
    new = range(num_clusters, num_clusters + num - 1)
    centers = centers.astype("float32").tolist()
    edit = {"split": cluster, "centers": centers}
    return edit, [*ids, *new], num_clusters + len(new)


def _checked_new_ids(new_ids, ids):
    new_ids = [checked_count("new id", i, minimum=0) for i in new_ids]
    if len(new_ids) != len(ids) or len(set(new_ids)) != len(ids):
        raise ValueError(
            f"Each of the {len(ids)} clusters must get an id of its own. "
            f"Received: {shown(new_ids)}"
        )
    return new_ids


def checked_names(names, ids):
    """Names by ids, or raises.

    Args:
        names: Dictionary from ids, as integers or texts, to names.
        ids: List of the ids that there are.

    Returns:
        Dictionary with integers as keys.

    Raises:
        ValueError: If a cluster does not exist, or a name is no string or
            empty.
    """
    names = {int(k): v for k, v in names.items()}
    for cluster, name in names.items():
        checked_cluster("cluster", cluster, ids)
        if not isinstance(name, str) or not name.strip():
            raise ValueError(
                "`name` must be a string that is not empty. "
                f"Received: name={shown(name)}"
            )
    return names
