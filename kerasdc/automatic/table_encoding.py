"""Tables with columns of words, or with gaps, as numbers."""

import numpy as np

from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import shown

MOST_CATEGORIES = 20
_STRATEGIES = ("mean", "median")


def encode_table(x, impute=None):
    """Numbers for a table, if it is one that needs it.

    Columns of words, of a frame that has others beside them, become columns
    of 0 and 1, as `color=red`. Gaps are filled if it is said how.

    Args:
        x: Data in any form.
        impute: `"mean"` or `"median"` of a column in place of what is
            missing, of words the most frequent one; `None` fills nothing.

    Returns:
        Tuple of the numbers, or `x` as it is, and a fitted
        `sklearn.compose.ColumnTransformer` that makes them of new rows, or
        `None`.

    Raises:
        ValueError: If a column has too many different words, or nothing, or
            something is missing and `impute` is `None`.
    """
    if impute is not None:
        checked_choice("impute", impute, _STRATEGIES)
    is_frame = hasattr(x, "select_dtypes")
    words = list(_columns_of_words(x)) if is_frame else []
    if is_frame and len(words) == len(x.columns) == 1:
        words = []  # texts
    if not words and impute is None:
        return x, None
    if not is_frame:
        x = _matrix(x)
    _check_columns(x, words, impute)
    encoder = _encoder(x, words, impute)
    return encoder.fit_transform(x), encoder


def _columns_of_words(frame):
    return frame.select_dtypes(exclude=["number", "bool"]).columns


def _matrix(x):
    try:
        x = np.asarray(x, "float64")
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`impute` fills gaps in tables of numbers, or in frames. "
            f"Received: x={shown(x, 60)}"
        ) from error
    if x.ndim != 2:
        raise ValueError(
            "`impute` fills gaps in tables, (n, columns). "
            f"Received: x of shape {x.shape}"
        )
    return x


def _check_columns(x, words, impute):
    for name in words:
        number = x[name].nunique()
        if number > MOST_CATEGORIES:
            raise ValueError(
                "A column of words may have at most "
                f"{MOST_CATEGORIES} different ones, each of which becomes a "
                "column of 0 and 1: remove ids, and cluster texts by "
                f"themselves. Received: {number:,} in column {shown(name)}"
            )
    for name, missing in _missing(x):
        if impute is None and missing.any():
            raise ValueError(
                "Nothing may be missing: remove such rows or columns, or pass "
                '`impute="median"` or "mean". Received: a missing value in '
                f"row {int(missing.argmax())} of column {shown(name)}"
            )
        if missing.all():
            raise ValueError(
                "A column must not be empty: remove it. "
                f"Received: column {shown(name)}"
            )


def _missing(x):
    """Yields the name of each column, and which of its rows are missing."""
    if hasattr(x, "columns"):
        for name in x.columns:
            yield name, x[name].isna().to_numpy()
    else:
        yield from enumerate(np.isnan(x).T)


def _encoder(x, words, impute):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    fill, fill_words = "passthrough", []
    if impute is not None:
        fill = SimpleImputer(strategy=impute)
        fill_words = [SimpleImputer(strategy="most_frequent")]
    one_hot = OneHotEncoder(
        handle_unknown="ignore",
        sparse_output=False,
        dtype="float32",
        feature_name_combiner=_name,
    )
    is_frame = hasattr(x, "columns")
    names = x.columns if is_frame else range(x.shape[1])
    parts = [
        ("numbers", fill, [name for name in names if name not in words]),
        ("words", make_pipeline(*fill_words, one_hot), words),
    ]
    encoder = ColumnTransformer(parts, verbose_feature_names_out=False)
    if is_frame:
        encoder.set_output(transform="pandas")
    return encoder


def _name(column, word):
    return f"{column}={word}"
