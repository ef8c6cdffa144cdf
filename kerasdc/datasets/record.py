"""The records that the catalogue of data sets consists of."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Original:
    """A file of a public home, with every address that serves it.

    Args:
        name: File name.
        urls: Addresses of the same bytes.
        sha256: Digest, or `None` if none is published.
    """

    name: str
    urls: tuple
    sha256: str | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """What is known of one data set.

    Args:
        name: Name for `load`.
        kind: `"image"`, `"text"` or `"tabular"`.
        value_range: Smallest and largest value, or `None`.
        source: Who made the data, and where they are.
        shape: Shape of one sample.
        class_counts: Samples per label, or `None` if not known.
        class_names: Names of the labels; empty where the data name them.
        file: Name of the normalized file, or `None`.
        file_sha256: Its digest, or `None` if not known.
        content_sha256: Digest of the content, or `None` if not known.
        exact: Whether downloaded data must have that very content. Not so
            where the original could not be compared with our copy: there
            the counts are checked, and a difference is a warning.
        originals: Files of the public home.
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
