"""Data of a user: files of numbers or texts, and folders of images."""

import dataclasses
import pathlib

import numpy as np

from kerasdc.datasets.array_files import read_npy
from kerasdc.datasets.array_files import read_npz
from kerasdc.datasets.array_files import unreadable
from kerasdc.datasets.columns import Place
from kerasdc.datasets.columns import as_column
from kerasdc.datasets.columns import as_ids
from kerasdc.datasets.columns import whole_texts
from kerasdc.datasets.delimited import read_csv
from kerasdc.datasets.delimited import read_json_lines
from kerasdc.datasets.delimited import read_text
from kerasdc.datasets.filling import as_matrix
from kerasdc.datasets.image_folders import read_images
from kerasdc.datasets.parquet_rows import parquet_reader
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.arguments import shown
from kerasdc.utils.files import local_path

_FOLDER = "folder"  # the labels of images
_INDEX = "__index_level_0__"  # as pandas calls that of a frame in Parquet


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """What `read_source` has read.

    Attributes:
        x: The samples: an array `(n, ...)`, for a table a pandas frame if
            pandas is installed, or an object array `(n,)` of texts.
        ids: Array `(n,)`: row numbers from 0, file names within a folder, or
            the column that was asked for.
        labels: Array `(n,)` of integers or strings, or `None`. For evaluation
            only.
        kind: `"tabular"`, `"image"`, `"text"` or `"array"`.
        names: Tuple of the names of a table's columns, or `None`.
    """

    x: object = dataclasses.field(repr=False)
    ids: np.ndarray = dataclasses.field(repr=False)
    labels: np.ndarray | None = dataclasses.field(repr=False)
    kind: str
    names: tuple | None = None


def read_source(
    path,
    label_column=None,
    id_column=None,
    text_column=None,
    impute=None,
    image_size=None,
):
    """Reads samples from a file or a folder.

    - `.npy`, `.npz`: numbers `(n, ...)` or texts `(n,)`; of several arrays in
      a `.npz`, that with the name `x`;
    - `.csv`, `.tsv`, `.parquet`, `.jsonl`: a table, with names in the first
      line of a `.csv` (unless it holds numbers only) and an object in each
      line of a `.jsonl`. Columns are numbers, lists of numbers, or words:
      up to 20 different ones become columns of 0 and 1. A single column of
      words holds texts. A first column without a name holds ids;
    - `.txt`: one text in each line;
    - a folder: all images in it and in its folders, see `image_size`.

    Args:
        path: String or path.
        label_column: Optional string: the column (of a `.npz`, the array) of
            the labels. They are used for evaluation only. `"folder"`, for
            images: the name of the folder that an image is in.
        id_column: Optional string: likewise, of the ids.
        text_column: Optional string: the column of texts to cluster. All
            other columns are left out.
        impute: What stands for missing numbers: `"median"` or `"mean"` of the
            column; for missing words, it is the most frequent one. `None`
            refuses them.
        image_size: Optional integer or `(height, width)`, for images. `None`
            takes that of the files, if it is one and at most 64 x 64, or
            squares up to 64.

    Returns:
        `Source`.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ImportError: If a package is missing, with its name: Pillow for
            images, pyarrow for `.parquet`.
        ValueError: If it cannot be read, with the file, row and column.

    Example:

    >>> np.save("vectors.npy", np.ones((5, 3)))
    >>> kerasdc.datasets.read_source("vectors.npy").x.shape
    (5, 3)
    """
    path = local_path("path", path)
    if impute is not None:
        checked_choice("impute", impute, ("median", "mean"))
    if not path.exists():
        raise FileNotFoundError(
            f"There is no such file or folder. Received: path={str(path)!r}"
        )
    if path.is_dir():
        return _from_folder(path, label_column, image_size)
    suffix = path.suffix.lower()
    checked_choice("the end of path", suffix, _READERS)
    return _READERS[suffix](path, label_column, id_column, text_column, impute)


def _from_folder(path, label_column, image_size):
    x, ids = read_images(path, image_size)
    labels = None
    if label_column is not None:
        checked_choice("label_column", label_column, (_FOLDER,))
        parents = [pathlib.PurePosixPath(name).parent.name for name in ids]
        labels = np.array(parents)
    return Source(x, np.array(ids), labels, "image")


# === Tables ===


def _from_csv(path, label_column, id_column, text_column, impute):
    named = (label_column, id_column, text_column, "")
    columns = read_csv(path, [name for name in named if name is not None])
    if id_column is None and next(iter(columns)) == "":
        id_column = ""  # that of a pandas frame
    return _from_columns(
        columns, path.name, label_column, id_column, text_column, impute
    )


def _from_json_lines(path, *arguments):
    return _from_columns(read_json_lines(path), path.name, *arguments)


def _from_parquet(path, *arguments):
    parquet, errors = parquet_reader(path)
    try:
        table = parquet.ParquetFile(path).read()
    except errors as error:
        raise unreadable(path, error) from error
    columns = {}
    for name in table.column_names:
        values = table[name].to_numpy()
        if values.dtype.kind in "buif":
            columns[name] = values.astype("float64")
        else:
            columns[name] = as_column(
                values.astype(object), Place(path.name, name)
            )
    label_column, id_column, *rest = arguments
    if id_column is None and _INDEX in columns:
        id_column = _INDEX
    return _from_columns(columns, path.name, label_column, id_column, *rest)


def _from_columns(columns, file, label_column, id_column, text_column, impute):
    labels = _taken(columns, "label_column", label_column, file)
    ids = _taken(columns, "id_column", id_column, file)
    for name in (label_column, id_column):
        columns.pop(name, None)
    if not columns or not len(next(iter(columns.values()))):
        raise ValueError(
            "A table must have rows, and columns beside labels and ids. "
            f"Received: {file}"
        )
    if ids is None:
        ids = np.arange(len(next(iter(columns.values()))))
    texts = [name for name, c in columns.items() if c.dtype == object]
    if text_column is None and len(texts) == len(columns) == 1:
        (text_column,) = texts
    if text_column is not None:
        checked_name("text_column", text_column, list(columns), "column")
        place = Place(file, text_column)
        found = whole_texts(columns[text_column], place)
        return Source(found, ids, labels, "text")
    x, names = as_matrix(columns, file, impute)
    return Source(_framed(x, names), ids, labels, "tabular", names)


def _taken(columns, argument, name, file):
    if name is None:
        return None
    checked_name(argument, name, list(columns), f"column of {file}")
    return as_ids(columns[name], Place(file, name))


def _framed(x, names):
    try:
        import pandas
    except ImportError:
        return x
    return pandas.DataFrame(x, columns=list(names))


# === Arrays and texts ===


def _from_npy(path, label_column, id_column, text_column, impute):
    _refuse_columns(path, label_column, id_column, text_column)
    return Source(*read_npy(path, impute))


def _from_npz(path, label_column, id_column, text_column, impute):
    _refuse_columns(path, text_column)
    return Source(*read_npz(path, label_column, id_column, impute))


def _from_txt(path, label_column, id_column, text_column, impute):
    _refuse_columns(path, label_column, id_column, text_column)
    lines, numbers = read_text(path)
    if not lines:
        raise ValueError(
            f"There must be a text in each line. Received: an empty {path.name}"
        )
    return Source(np.array(lines, object), np.array(numbers), None, "text")


def _refuse_columns(path, *columns):
    for column in columns:
        if column is not None:
            raise ValueError(
                f"A {path.suffix} has no such columns. "
                f"Received: column {shown(column)} for {path.name}"
            )


_READERS = {
    ".csv": _from_csv,
    ".jsonl": _from_json_lines,
    ".npy": _from_npy,
    ".npz": _from_npz,
    ".parquet": _from_parquet,
    ".tsv": _from_csv,
    ".txt": _from_txt,
}
