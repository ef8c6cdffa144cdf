"""Baselines beside the systems: columns of a table, and one of their own."""

from kerasdc.baselines import BASELINES
from kerasdc.zoo.results import SCORES

HEAD = ("k-means", "best baseline")


def divided(rows):
    """Systems and baselines apart.

    Args:
        rows: List of dicts with the key `system`.

    Returns:
        Tuple of two lists.
    """
    systems = [row for row in rows if row["system"] not in BASELINES]
    return systems, [row for row in rows if row["system"] in BASELINES]


class Beside:
    """What baselines reach where a system was trained.

    Args:
        baselines: Summaries of baselines, as `kerasdc.zoo.tables.summarize`
            gives them.

    Attributes:
        head: List of strings, heads of the columns: none without baselines.
    """

    def __init__(self, baselines):
        self.head = list(HEAD) if baselines else []
        self._found = {}
        for row in sorted(baselines, key=_accuracy):
            place = row["dataset"], row["split"]
            self._found.setdefault(place, {})[row["system"]] = row

    def cells(self, row):
        """Mean accuracies on a system's data set, fitted on the same split.

        Args:
            row: Summary of a system with clusters.

        Returns:
            List of strings, as long as `head`. The last is that of the most
            accurate baseline, bold if the system is less accurate.
        """
        found = self._found.get((row["dataset"], row["split"]), {})
        kmeans = found.get("kmeans")
        cells = ["–" if kmeans is None else f"{_accuracy(kmeans):.4f}", "–"]
        if found:
            name, best = list(found.items())[-1]
            text = f"{_accuracy(best):.4f}"
            ahead = float(text) > round(_accuracy(row), 4)
            cells[-1] = f"**{text}** ({name})" if ahead else f"{text} ({name})"
        return cells[: len(self.head)]


def lines_of(baselines, spread):
    """Lines of a table of baselines, the most accurate of a data set first.

    Args:
        baselines: Summaries of baselines.
        spread: Function from a score's summary to text.

    Returns:
        List of lists: data set, split, name, scores and number of seeds.
    """
    order = sorted(
        baselines, key=lambda r: (r["dataset"], r["split"], -_accuracy(r))
    )
    return [
        [
            *(row[k] for k in ("dataset", "split", "system")),
            *(spread(row[score]) for score in SCORES),
            row["num_seeds"],
        ]
        for row in order
    ]


def _accuracy(row):
    return row["accuracy"]["mean"]
