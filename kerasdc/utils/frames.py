"""Columns of data frames, by name."""

from kerasdc.utils.arguments import shown


def column_names(x):
    """The names of a frame's columns.

    Args:
        x: Data of any form.

    Returns:
        Tuple of strings, or `None` if `x` has no columns, or not all of
        their names are strings, each of which occurs once.
    """
    columns = getattr(x, "columns", ())
    names = tuple(columns) if hasattr(columns, "__len__") else ()
    are_names = all(isinstance(name, str) for name in names)
    if not names or not are_names or len(set(names)) < len(names):
        return None
    return tuple(map(str, names))


def in_order(x, names):
    """A frame with its columns in the order of others.

    Args:
        x: Data of any form.
        names: Tuple of strings, or `None` for any columns.

    Returns:
        `x`, if it has no names or is in that order, or a frame that is.

    Raises:
        ValueError: If a column is missing, or there is another one.
    """
    found = column_names(x)
    if names is None or found is None or found == tuple(names):
        return x
    missing = [name for name in names if name not in found]
    others = [name for name in found if name not in names]
    if missing or others:
        raise ValueError(
            "`x` must have the columns that the model was fitted on. "
            f"Received: {_words('missing', missing)}; "
            f"{_words('not among them', others)}"
        )
    return x[list(names)]


def _words(state, names):
    if not names:
        return f"none {state}"
    return f"{state}: {shown(', '.join(names), 200)[1:-1]}"
