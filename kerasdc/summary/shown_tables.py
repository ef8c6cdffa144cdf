"""A summary as tables: printed, as CSV or Parquet, as a map."""

import importlib.util

import numpy as np

from kerasdc import plots
from kerasdc.summary.written import as_csv
from kerasdc.summary.written import as_page
from kerasdc.summary.written import as_parquet
from kerasdc.utils.arguments import shown
from kerasdc.utils.files import local_path

_MOST_SHOWN = 3  # features, words or neighbors in a printed row
_WIDTH = 60  # of a printed cell


class Tables:
    """A mixin of `Summary`: what it shows and writes."""

    def table(self):
        """One row for each cluster.

        Returns:
            A pandas frame if pandas is installed, or else a list of
            dictionaries. `exemplars` and `uncertain` are lists of `ids`,
            `telling` texts such as `"alcohol +1.20"` or words.
        """
        rows = [self._row(cluster) for cluster in self.clusters]
        if importlib.util.find_spec("pandas") is None:
            return rows
        import pandas

        return pandas.DataFrame(rows)

    def _row(self, cluster):
        return {
            "id": cluster.id,
            "name": cluster.name,
            "size": cluster.size,
            "share": cluster.share,
            "certainty": cluster.certainty,
            "telling": telling(cluster),
            "exemplars": self.ids[list(cluster.exemplars)].tolist(),
            "uncertain": self.ids[list(cluster.uncertain)].tolist(),
            "neighbors": list(cluster.neighbors),
        }

    def __str__(self):
        num_filled = sum(cluster.size > 0 for cluster in self.clusters)
        lines = [f"{len(self.labels):,} samples in {num_filled} clusters"]
        if len(self.outliers):
            lines[0] += (
                f", {len(self.outliers):,} outliers of certainty below "
                f"{self.min_certainty:g}"
            )
        head = "id name size share certainty telling exemplars near".split()
        cells = [head, *(self._cells(cluster) for cluster in self.clusters)]
        return "\n".join([*lines, *_aligned(cells)])

    def __repr__(self):
        return str(self)

    def _cells(self, cluster):
        row = self._row(cluster)
        ids = row["exemplars"][:_MOST_SHOWN]
        return [
            str(cluster.id),
            "" if cluster.name == str(cluster.id) else _short(cluster.name),
            f"{cluster.size:,}",
            f"{cluster.share:.1%}",
            f"{cluster.certainty:.3f}" if cluster.size else "–",
            _short(", ".join(row["telling"][:_MOST_SHOWN])),
            _short(", ".join(map(str, ids))),
            " ".join(map(str, cluster.neighbors[:_MOST_SHOWN])),
        ]

    # === Files ===

    def to_csv(self, path):
        """Writes the assignments as CSV: id, cluster, name, certainty.

        Args:
            path: String or path; folders that are missing are made.

        Returns:
            `pathlib.Path` of the file.

        Raises:
            OSError: If it cannot be written; it is unchanged then.
        """
        columns = self._assignments()
        columns["certainty"] = [f"{c:.6f}" for c in self.certainty]
        return as_csv(path, columns)

    def to_parquet(self, path):
        """Writes the assignments as Parquet, with the columns of `to_csv`.

        Args:
            path: String or path; folders that are missing are made.

        Returns:
            `pathlib.Path` of the file.

        Raises:
            ImportError: If pyarrow is not installed.
            OSError: If it cannot be written; it is unchanged then.
        """
        return as_parquet(path, self._assignments())

    def _assignments(self):
        return {
            "id": self.ids,
            "cluster": self.labels,
            "name": [self.name_of(label) for label in self.labels],
            "certainty": self.certainty,
        }

    # === Map ===

    def map(self, path, title="Clusters"):
        """Writes a map: every sample as a point in the plane.

        An embedding of more than two columns is laid out by
        `kerasdc.plots.two_dimensional`, once.

        Args:
            path: String or path. A file that ends in `.csv` or `.parquet`
                has the columns `id`, `x`, `y`, `cluster`, `name` and
                `certainty`; one that ends in `.html` is a page that shows
                each sample at the pointer, and needs no network.
            title: String, of the page.

        Returns:
            `pathlib.Path` of the file.

        Raises:
            ImportError: If pyarrow, for Parquet, or plotly, for HTML, is not
                installed.
            OSError: If it cannot be written; it is unchanged then.
            ValueError: If the file's name ends in something else.
        """
        suffix = local_path("path", path).suffix.lower()
        if suffix not in (".csv", ".parquet", ".html"):
            raise ValueError(
                "A map is written to a file that ends in .csv, .parquet or "
                f".html. Received: path={shown(str(path))}"
            )
        rows, points = self.coordinates()
        if suffix == ".html":
            return as_page(path, title, self._groups(rows, points))
        found = {k: np.asarray(v)[rows] for k, v in self._assignments().items()}
        columns = {"id": found.pop("id"), "x": points[:, 0], "y": points[:, 1]}
        write = as_csv if suffix == ".csv" else as_parquet
        return write(path, {**columns, **found})

    def coordinates(self):
        """The embedding in the plane, found when it is first asked for.

        Returns:
            Tuple `(rows, points)`: increasing row numbers, all but those
            whose embedding is not finite, and floats `(len(rows), 2)`.
        """
        if self._plane is None:
            self._plane = plots.two_dimensional(self.embedding)
        return self._plane

    def _groups(self, rows, points):
        found = []
        for label in np.unique(self.labels[rows]).tolist():
            chosen = self.labels[rows] == label
            texts = [self._lines(row) for row in rows[chosen].tolist()]
            found.append((label, self.name_of(label), points[chosen], texts))
        return found

    def _lines(self, row):
        """What the map shows of a sample."""
        lines = [
            self.ids[row],
            f"cluster {self.name_of(self.labels[row])}, "
            f"certainty {self.certainty[row]:.3f}",
        ]
        return [*lines, self.x[row]] if self.x.dtype == object else lines


def telling(cluster):
    """What tells a cluster from the others, as texts.

    Args:
        cluster: `Cluster`.

    Returns:
        List of strings: words, or columns with their difference.
    """
    if cluster.words:
        return [word for word, _ in cluster.words]
    return [f"{name} {value:+.2f}" for name, value in cluster.features]


def _short(text):
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _aligned(rows):
    """Lines of columns of equal width; those that are empty are left out."""
    columns = [column for column in zip(*rows) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip()
        for cells in zip(*columns)
    ]
