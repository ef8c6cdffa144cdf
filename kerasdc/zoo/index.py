"""The models in a zoo's folder, and its index.

The index has the SHA-256 of the metadata of every entry; the metadata has
those of the entry's files. A model that is not in the index is not loaded.
"""

import contextlib

from kerasdc.utils import files
from kerasdc.utils import reading
from kerasdc.utils.arguments import shown
from kerasdc.utils.download import check_digest
from kerasdc.zoo import entry
from kerasdc.zoo import trust

INDEX = "index.json"
MAX_BYTES = 2**20
_NEXT_INDEX = "index.next.json"
_REPAIR = (
    "If its models are yours, `python -m kerasdc.zoo` writes a new one for "
    "the zoo that KERASDC_ZOO names."
)


def names_in(folder):
    """Names of all entries of a folder, sorted.

    An entry counts also while another version of it is put in its place,
    and if that was interrupted.

    Args:
        folder: `pathlib.Path` of a zoo.

    Returns:
        List of strings.
    """
    # What is moved away after the first look is back at the last.
    looks = (_complete, _interrupted, _complete)
    return sorted({name for look in looks for name in look(folder)})


def _complete(folder):
    found = (path.parent.name for path in folder.glob(f"*/{entry.METADATA}"))
    return [name for name in found if entry.is_name(name)]


def _interrupted(folder):
    found = files.interrupted(folder).items()
    has_metadata = {k: (path / entry.METADATA).exists() for k, path in found}
    return [k for k, has in has_metadata.items() if has and entry.is_name(k)]


def place_of(folder, name):
    """Where an entry is: elsewhere, if its replacement was interrupted.

    Args:
        folder: `pathlib.Path` of a zoo.
        name: Name of an entry.

    Returns:
        `pathlib.Path`.
    """
    place = folder / name
    if place.exists():
        return place
    return files.interrupted(folder).get(name, place)


def write_index(folder):
    """Writes the index, which clients that download read first.

    For the project's own zoo, the digests in the package are written, too.

    Args:
        folder: `pathlib.Path` of the zoo.
    """
    digests = {
        name: entry.metadata_sha256(place_of(folder, name))
        for name in names_in(folder)
    }
    files.write_json(folder / INDEX, digests)
    trust.write_published(folder, digests)
    (folder / _NEXT_INDEX).unlink(missing_ok=True)


@contextlib.contextmanager
def exchanging(folder, digests):
    """Allows entries to get other metadata within the block.

    Old and new metadata are both valid until the index is written at the
    end, so that every entry can be loaded, even if the process is killed.

    Args:
        folder: `pathlib.Path` of the zoo.
        digests: Dictionary from names of entries to the SHA-256 of the
            metadata that they will have.
    """
    write_index(folder)  # where a killed process left an older one
    files.write_json(folder / _NEXT_INDEX, digests)
    try:
        yield
    finally:
        write_index(folder)


def check_indexed(folder, name):
    """Compares an entry's metadata with the index of the zoo around it.

    Args:
        folder: `pathlib.Path` of an entry.
        name: Name of the entry.

    Raises:
        FileNotFoundError: If there is no metadata.
        ValueError: If the hashes differ, or the index does not list it.
    """
    indexes = [_read(folder.parent / file) for file in (INDEX, _NEXT_INDEX)]
    digests = [index[name] for index in indexes if name in index]
    if not digests:
        raise ValueError(
            f"The zoo's {INDEX} does not list this model. {_REPAIR} "
            f"Received: name={name!r}, zoo={str(folder.parent)!r}"
        )
    received = entry.metadata_sha256(folder)
    check_digest(received, digests, folder / entry.METADATA)


def _read(path):
    try:
        data = reading.read_bytes(path, MAX_BYTES)
    except FileNotFoundError:
        return {}
    return parse(data, str(path), _REPAIR)


def parse(data, place, advice=""):
    """Names and digests of an index.

    Args:
        data: Bytes of the file.
        place: String, where it is, for the message.
        advice: String that the message ends in, or nearly so.

    Returns:
        Dict from names to the SHA-256 of their metadata.

    Raises:
        ValueError: If it is not an index, or a digest is none.
    """
    try:
        digests = reading.parse_json(data)
        for name, digest in digests.items():
            if not (entry.is_name(name) and trust.is_digest(digest)):
                raise ValueError(f"{shown(name)} must be a name and a SHA-256")
    except ValueError as error:
        raise ValueError(
            f"{INDEX} is damaged: {error}. {advice} Received: file={place!r}"
        ) from error
    return digests
