"""The records of the catalogue of data sets."""

import dataclasses


def counts(text):
    """Integers of a text, such as the samples of each class.

    Args:
        text: String, numbers between spaces.

    Returns:
        Tuple of integers.
    """
    return tuple(int(count) for count in text.split())


@dataclasses.dataclass(frozen=True)
class Original:
    """An original file of a data set, with its addresses.

    Args:
        name: File name.
        urls: Addresses of the same file.
        sha256: Digest, or `None` if none is published.
    """

    name: str
    urls: tuple
    sha256: str | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """Catalogue entry of one data set.

    Args:
        name: Name for `load`.
        kind: `"image"`, `"text"` or `"tabular"`.
        value_range: Smallest and largest value, or `None`.
        source: Who made the data, and where they are.
        shape: Shape of one sample.
        class_counts: Samples per label, or `None` if not known.
        class_names: Names of the labels; empty if they are in the data.
        file: Name of the normalized file, or `None`.
        file_sha256: Its digest, or `None` if not known.
        content_sha256: Digest of the content, or `None` if not known.
        exact: Whether a difference from `content_sha256` is an error. If
            the original could not be compared with our copy, it is `False`:
            class counts are checked, and other content is a warning.
        originals: Files of the public home.
        samples_public: Boolean. Whether samples may be shown to others; if
            not, no model of them is published, for it shows some.
    """

    name: str
    kind: str
    value_range: tuple | None
    source: str
    shape: tuple
    class_counts: tuple | None
    class_names: tuple = ()
    file: str | None = None
    file_sha256: str | None = None
    content_sha256: str | None = None
    exact: bool = False
    originals: tuple = ()
    samples_public: bool = True


def files_at(base, *names_and_digests):
    """Original files that are all at one address.

    Args:
        base: String, the address up to the file's name.
        *names_and_digests: Tuples of a file's name and its digest or `None`.

    Returns:
        Tuple of `Original`.
    """
    return tuple(
        Original(name, (base + name,), digest)
        for name, digest in names_and_digests
    )
