"""`load`: finds, downloads and checks a data set by name."""

import contextlib

import numpy as np

from kerasdc.datasets import rcv1
from kerasdc.datasets import store
from kerasdc.datasets.assemble import assemble
from kerasdc.datasets.assemble import check
from kerasdc.datasets.catalogue import ENTRIES
from kerasdc.datasets.parse import PARSERS
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.download import fetch
from kerasdc.utils.locks import locked


def list_names():
    """Names of the data sets.

    Returns:
        A list of strings.
    """
    return list(ENTRIES)


def load(name, data_dir=None):
    """Loads a public data set, with raw values and int64 labels.

    A normalized file (`mnist.npz`, `reuters21578.jsonl.gz`, ...) is searched
    in `data_dir`, in the folder named by the environment variable
    `KERASDC_DATA`, and in the user's cache, `~/.cache/kerasdc/datasets`. If
    it is not found, the set is downloaded from its public home, checked, and
    stored in the cache. `"digits"` is part of scikit-learn and needs no file.

    Labels are used for evaluation only.

    Args:
        name: One of `list_names()`.
        data_dir: Folder to look in first.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: If the name is unknown, `data_dir` is not a local path, or
            a file is truncated or altered (the file is kept).
        FileNotFoundError: If the set is not found and cannot be downloaded;
            the message says which file to put where.

    Example:

    >>> digits = kerasdc.datasets.load("digits")
    >>> digits.x.shape, digits.num_clusters
    ((1797, 8, 8), 10)
    """
    entry = ENTRIES[checked_name("name", name, ENTRIES, "dataset")]
    if entry.file is None:
        return _from_scikit_learn(entry)
    for folder in store.folders(data_dir):
        if (folder / entry.file).is_file():
            return _from_file(entry, folder / entry.file)
    return _from_home(entry, data_dir)


def _from_scikit_learn(entry):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    arrays = {"x": bunch.images.astype(np.float32), "y": bunch.target}
    dataset = assemble(entry, arrays)
    check(entry, dataset)
    return dataset


def _from_file(entry, path):
    content, digest = store.read(path, entry.file_sha256)
    if digest == entry.file_sha256:
        return assemble(entry, content, entry.content_sha256)
    dataset = assemble(entry, content)
    check(entry, dataset)
    if (path.parent / rcv1.IDS_FILE).is_file() and "ids" in content:
        rcv1.freeze(path.parent, content["ids"])
    return dataset


def _from_home(entry, data_dir):
    folder = store.cache_folder()
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Another process may be at it: its originals go when it is done.
            stack.enter_context(locked(folder / f".{entry.name}.lock"))
            if (folder / entry.file).is_file():
                return _from_file(entry, folder / entry.file)
            home = _HOMES.get(entry.name, _originals)
            read, downloaded = home(entry, folder)
        except OSError as error:
            message = _missing(entry, data_dir, error)
            raise FileNotFoundError(message) from error
        content, dataset = _checked(entry, read, folder)
        store.write(folder / entry.file, content)
        for path in downloaded:
            path.unlink()
    return dataset


def _rcv1(entry, folder):
    content = rcv1.fetch(folder)
    return lambda: content, []


def _originals(entry, folder):
    if not entry.originals:
        raise OSError("none is known")
    paths, downloaded = [], []
    for original in entry.originals:
        paths.append(_folder_of_originals(entry, folder) / original.name)
        if fetch(original.urls, paths[-1], original.sha256):
            downloaded.append(paths[-1])
    files = {path.name: path.read_bytes() for path in paths}
    return lambda: PARSERS[entry.name](files), downloaded


def _checked(entry, read, folder):
    try:
        content = read()
        dataset = assemble(entry, content)
        check(entry, dataset)
    except (ImportError, Warning):
        raise
    # Parsers of damaged files raise exceptions of any type.
    except Exception as error:
        raise ValueError(
            f"The downloaded data are not {entry.name!r}: {error}. Delete "
            f"{_folder_of_originals(entry, folder)} to download it again. "
            f"Received: name={entry.name!r}"
        ) from error
    return content, dataset


def _folder_of_originals(entry, folder):
    return folder / "originals" / entry.name


def _missing(entry, data_dir, error):
    folders = ", ".join(str(folder) for folder in store.folders(data_dir))
    cache = store.cache_folder()
    message = (
        f"There is no {entry.file} in {folders}, and it cannot be downloaded "
        f"from its public home: {error}. Put {entry.file} "
    )
    if entry.file_sha256:
        message += f"(SHA-256 {entry.file_sha256}) "
    else:
        message += f"and {entry.file}.sha256 from another machine's cache "
    message += f"into {cache} or a folder named by data_dir= or KERASDC_DATA"
    if entry.originals:
        names = ", ".join(original.name for original in entry.originals)
        message += f", or {names} into {_folder_of_originals(entry, cache)}"
    return f"{message}. Received: name={entry.name!r}"


_HOMES = {"rcv1": _rcv1}
