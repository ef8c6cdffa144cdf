"""`results.csv`: one row per training, and the tables made from it."""

import contextlib
import csv
import io
import numbers
import os
import statistics

from kerasdc.datasets.store import replace
from kerasdc.zoo.location import local_folder

COLUMNS = (
    "system",
    "dataset",
    "recipe",
    "seed",
    "split",
    "num_samples",
    "accuracy",
    "nmi",
    "ari",
    "objective",
    "seconds",
    "backend",
    "commit",
)
SCORES = ("accuracy", "nmi", "ari")
_KEY = ("system", "dataset", "recipe", "split", "backend", "seed")
_GROUP = _KEY[:-1]
_FORMATS = {
    "seed": "{:d}",
    "num_samples": "{:d}",
    **dict.fromkeys(SCORES, "{:.5f}"),
    "objective": "{:.6g}",
    "seconds": "{:.1f}",
}


def results_path(zoo_dir=None):
    """Where the results are.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        `pathlib.Path`.
    """
    return local_folder(zoo_dir) / "results.csv"


def read_results(zoo_dir=None):
    """All rows.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        List of dicts with the keys `COLUMNS`; numbers are numbers, an empty
        field is `None`.
    """
    path = results_path(zoo_dir)
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [_parse(row) for row in csv.DictReader(file)]


def add_results(rows, zoo_dir=None):
    """Adds rows; one of the same training replaces the one before.

    Several processes may do so at once.

    Args:
        rows: List of dicts with the keys `COLUMNS`.
        zoo_dir: Folder of a zoo, made if missing. `None` is the one in use.

    Raises:
        OSError: If the file cannot be written; it is then as it was.
        ValueError: If a row is not complete.
    """
    path = results_path(zoo_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        merged = merge(read_results(zoo_dir), rows)
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_format(row) for row in merged)
        replace(path, text.getvalue().encode("utf-8"))


def merge(rows, new_rows):
    """Rows and new rows, sorted, one per training.

    Args:
        rows: List of dicts with the keys `COLUMNS`.
        new_rows: Likewise; they count where both have one.

    Returns:
        List of dicts.

    Raises:
        ValueError: If a new row is not complete.
    """
    checked = [_checked(row) for row in new_rows]
    found = {tuple(row[k] for k in _KEY): row for row in [*rows, *checked]}
    return [found[key] for key in sorted(found)]


def figures_of(metadata, rows):
    """What an entry says of its figures, from the results.

    Args:
        metadata: Dictionary of an entry.
        rows: List of dicts with the keys `COLUMNS`.

    Returns:
        Dict: `figures`, this model's row, or `None` if there is none;
        `summary` and `rows`, all seeds of its recipe; `others`, a summary of
        the system's other recipes for the data set and variants of it.
    """
    recipe = (
        metadata["system"],
        metadata["dataset"]["name"],
        metadata["recipe"],
    )
    system, dataset, _ = recipe
    of_system = [row for row in rows if row["system"] == system]
    of_recipe = [
        row
        for row in of_system
        if (system, row["dataset"], row["recipe"]) == recipe
    ]
    others = [
        row
        for row in of_system
        if row not in of_recipe and _is_variant(row["dataset"], dataset)
    ]
    same = ("seed", "split", "backend")
    figures = [
        row for row in of_recipe if all(row[k] == metadata[k] for k in same)
    ]
    return {
        "figures": figures[0] if figures else None,
        "summary": summarize(of_recipe),
        "rows": of_recipe,
        "others": summarize(others),
    }


def _is_variant(dataset, of):
    """Whether it is the same data set, or one made from it."""
    return dataset == of or dataset.startswith(f"{of}_")


def summarize(rows):
    """Mean and standard deviation over seeds.

    Args:
        rows: List of dicts with the keys `COLUMNS`.

    Returns:
        List of dicts, one per system, data set, recipe, split and backend,
        with these, `num_seeds`, `num_samples` and, for each score, its
        `mean` and `sd`. That is the sample's, with `n - 1` below; `None`
        for one seed.
    """
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[k] for k in _GROUP), []).append(row)
    return [
        {
            **dict(zip(_GROUP, key, strict=True)),
            "num_seeds": len(groups[key]),
            "num_samples": groups[key][0]["num_samples"],
            **{s: _mean_and_sd([r[s] for r in groups[key]]) for s in SCORES},
        }
        for key in sorted(groups)
    ]


def results_table(zoo_dir=None):
    """The results as a Markdown table.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        String: one line per system, data set, recipe and split, with mean
        and standard deviation over seeds.
    """
    rows = summarize(read_results(zoo_dir))
    head = ["system", "dataset", "recipe", "split", "accuracy", "nmi", "ari"]
    head.append("seeds")
    backends = {row["backend"] for row in rows}
    if len(backends) > 1:
        head.append("backend")
    lines = [
        [
            *(row[k] for k in head[:4]),
            *(spread(row[score]) for score in SCORES),
            row["num_seeds"],
            *(row[k] for k in head[8:]),
        ]
        for row in rows
    ]
    return markdown(head, lines)


def spread(summary):
    """Mean and standard deviation as text.

    Args:
        summary: Dict with `mean` and `sd`.

    Returns:
        String such as `0.9123 ± 0.0045`.
    """
    if summary["sd"] is None:
        return f"{summary['mean']:.4f}"
    return f"{summary['mean']:.4f} ± {summary['sd']:.4f}"


def markdown(head, lines):
    """A Markdown table.

    Args:
        head: List of strings.
        lines: List of lists as long as `head`.

    Returns:
        String that ends in a newline.
    """
    if not lines:
        return "None yet.\n"
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)


def _mean_and_sd(values):
    sd = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": sd}


def _checked(row):
    if set(row) != set(COLUMNS):
        raise ValueError(
            f"A row must have the columns {', '.join(COLUMNS)}. "
            f"Received: {', '.join(map(str, row))}"
        )
    if row["split"] not in ("all", "test"):
        raise ValueError(
            f"`split` must be 'all' or 'test'. Received: split={row['split']!r}"
        )
    for score in SCORES:
        value = row[score]
        # Neither order holds for NaN.
        if not isinstance(value, numbers.Real) or not -1 <= value <= 1:
            raise ValueError(
                f"`{score}` must be a number of at most 1. "
                f"Received: {score}={value!r}"
            )
    return _parse(_format(row))


def _format(row):
    return {
        column: ""
        if row[column] is None
        else _FORMATS.get(column, "{}").format(row[column])
        for column in COLUMNS
    }


def _parse(row):
    types = {c: float for c in _FORMATS} | {"seed": int, "num_samples": int}
    return {
        column: (types.get(column, str)(row[column]) if row[column] else None)
        for column in COLUMNS
    }


@contextlib.contextmanager
def _locked(folder):
    """Keeps other processes from writing between a read and a write."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
