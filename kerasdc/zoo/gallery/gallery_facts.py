"""What the gallery shows of a model: plain values, as JSON has them."""

import base64

import numpy as np

from kerasdc.baselines import BASELINES
from kerasdc.models import ClusteringModel
from kerasdc.zoo import entry
from kerasdc.zoo import results
from kerasdc.zoo import tables
from kerasdc.zoo.model_info import info

_NUM_POINTS = 300  # of the embedding
_INSIDE = 0.99  # of all coordinates; those farther out are at the edge
_MOST_CLASSES = 20  # of a table of clusters and classes


def facts_of(name, folder, zoo_dir=None):
    """Figures, files and picture of an entry.

    Args:
        name: Name of an entry.
        folder: `pathlib.Path` of it.
        zoo_dir: Folder of the zoo, or `None` for the one in use.

    Returns:
        Dictionary.
    """
    found = info(name, zoo_dir)
    return {
        "name": name,
        "system": found.system,
        "dataset": found.dataset,
        "class": found.class_name,
        "clusters": found.num_clusters,
        "parameters": found.num_params,
        "inputs": found.input_text,
        "split": results.SPLITS[found.split],
        "scores": {k: _figure(v) for k, v in found.seeds.items()},
        "paper": found.paper,
        "baselines": found.baselines,
        "signatures": found.signatures,
        "bytes": found.num_bytes,
        "licence": found.licence,
        "files": [
            [file, values["size"], values["sha256"]]
            for file, values in found.files.items()
        ],
        "preview": _picture(folder / entry.PREVIEW),
    }


def _figure(summary):
    return {"mean": summary["mean"], "text": tables.spread(summary)}


def _picture(path):
    """A PNG as an address with its size, or `None`."""
    if not path.is_file():
        return None
    data = path.read_bytes()
    width, height = np.frombuffer(data[16:24], ">u4").tolist()
    text = base64.b64encode(data).decode("ascii")
    return {
        "source": f"data:image/png;base64,{text}",
        "width": width,
        "height": height,
    }


def results_by_set(zoo_dir=None):
    """Mean accuracies of all systems and baselines, by data set.

    Args:
        zoo_dir: Folder of the zoo, or `None` for the one in use.

    Returns:
        Dictionary from data sets to lists `[name, recipe, accuracy, nmi]`,
        the most accurate first, of the split `all`.
    """
    found = {}
    for row in tables.summarize(results.read_results(zoo_dir)):
        if row["split"] == "all" and row["accuracy"] is not None:
            recipe = "" if row["system"] in BASELINES else row["recipe"]
            means = [row[score]["mean"] for score in ("accuracy", "nmi")]
            found.setdefault(row["dataset"], []).append(
                [row["system"], recipe, *means]
            )
    return {
        name: sorted(rows, key=lambda row: -row[2])
        for name, rows in sorted(found.items())
    }


# === Of the data set, where it is on this machine ===


def points_of(outputs, seed=0):
    """Some samples in the plane, and how the embedding gets there.

    The plane is that of a linear discriminant analysis of the clusters, so
    that a new sample's place is a product with a matrix.

    Args:
        outputs: `kerasdc.report.Outputs`.
        seed: Integer, of the samples drawn.

    Returns:
        Dictionary of lists: `x`, `y`, `cluster`, `certainty`, `class`; and
        `mean` and `axes` of the plane.
    """
    z = np.asarray(outputs.embedding, "float64")
    has_clusters = isinstance(outputs.model, ClusteringModel)
    clusters = outputs.assignments if has_clusters else None
    mean, axes = _plane(z, clusters)
    generator = np.random.default_rng(seed)
    rows = generator.permutation(len(z))[:_NUM_POINTS]
    plane = (z[rows] - mean) @ axes
    unit = np.quantile(np.abs(plane), _INSIDE) or 1.0
    plane = np.clip(plane, -unit, unit)
    found = {
        "x": _rounded(plane[:, 0] / unit),
        "y": _rounded(plane[:, 1] / unit),
        "mean": _rounded(mean, 6),
        "axes": [_rounded(axis / unit, 6) for axis in axes],
    }
    if has_clusters:
        found["cluster"] = clusters[rows].tolist()
        found["certainty"] = _rounded(outputs.confidences[rows])
    if outputs.y is not None:
        found["class"] = [str(label) for label in outputs.y[rows]]
    return found


def _plane(z, clusters):
    """Mean and two axes `(dim, 2)`."""
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    mean = z.mean(axis=0)
    if z.shape[1] <= 2:
        return mean, np.eye(z.shape[1], 2)
    if clusters is None or len(np.unique(clusters)) < 3:
        return mean, PCA(2).fit(z).components_.T
    analysis = LinearDiscriminantAnalysis(solver="eigen", shrinkage=1e-3)
    return mean, analysis.fit(z, clusters).scalings_[:, :2]


def _rounded(values, digits=3):
    return np.round(np.asarray(values, "float64"), digits).tolist()


def classes_of(outputs):
    """The clusters beside the classes, which are used for this only.

    Args:
        outputs: `kerasdc.report.Outputs` of a model with clusters, with
            classes.

    Returns:
        Dictionary: `names`, the class that most samples of each cluster have,
        and their `shares`; and, with up to 20 classes, `table`, `rows` and
        `columns`: counts of classes and clusters, in matching order.
    """
    from kerasdc import metrics

    matrix, labels, order = metrics.confusion_matrix(
        outputs.y, outputs.assignments
    )
    sizes = matrix.sum(axis=0)
    names = [""] * outputs.model.num_clusters
    for column, cluster in enumerate(order):
        names[cluster] = str(labels[matrix[:, column].argmax()])
    shares = np.zeros(outputs.model.num_clusters)
    shares[order] = matrix.max(axis=0) / sizes
    found = {"names": names, "shares": _rounded(shares)}
    if len(labels) <= _MOST_CLASSES:
        found["table"] = matrix.tolist()
        found["rows"] = [str(label) for label in labels]
        found["columns"] = [int(i) for i in order]
    return found
