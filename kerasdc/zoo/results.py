"""`results.csv`: one row per training, and the tables made from it."""

import csv
import math
import numbers
import statistics

from kerasdc.files import write_csv
from kerasdc.zoo.location import local_folder
from kerasdc.zoo.location import locked

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
    "neighbor_error",
    "trustworthiness",
    "objective",
    "seconds",
    "backend",
    "commit",
)
SCORES = ("accuracy", "nmi", "ari")
# Of systems without clusters; see `kerasdc.metrics.embedding_scores`.
EMBEDDING_SCORES = ("neighbor_error", "trustworthiness")
_KEY = ("system", "dataset", "recipe", "split", "backend", "seed")
_GROUP = _KEY[:-1]
_EXPLAINED = (
    "Embeddings without clusters. `neighbor_error`: share of points whose "
    "nearest\nneighbor in the embedding is of another class."
)
_FORMATS = {
    "seed": "{:d}",
    "num_samples": "{:d}",
    **dict.fromkeys((*SCORES, *EMBEDDING_SCORES), "{:.5f}"),
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
        List of dicts with the keys `COLUMNS`; numbers are numbers. An empty
        field is `None`, as are NaN, infinity and what the file has no column
        for.
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
    with locked(zoo_dir):
        merged = merge(read_results(zoo_dir), rows)
        write_csv(path, COLUMNS, [_format(row) for row in merged])


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
        Dict: `figures`, this model's row, or `None` if there is none. It
        stays when another training takes the place of that row. `summary`
        and `rows`, all seeds of its recipe. `others`, a summary of the
        system's other recipes for the data set and variants of it.
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
    same = ("seed", "split", "backend", "commit")
    figures = [
        row for row in of_recipe if all(row[k] == metadata[k] for k in same)
    ]
    published = metadata.get("figures")
    return {
        "figures": published or (figures[0] if figures else None),
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
        `mean` and `sd`, or `None` where the system has no such score. The
        `sd` is the sample's, with `n - 1` below; `None` for one seed.
    """
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[k] for k in _GROUP), []).append(row)
    return [
        {
            **dict(zip(_GROUP, key, strict=True)),
            "num_seeds": len(groups[key]),
            "num_samples": groups[key][0]["num_samples"],
            **{
                score: _mean_and_sd([row[score] for row in groups[key]])
                for score in (*SCORES, *EMBEDDING_SCORES)
            },
        }
        for key in sorted(groups)
    ]


def results_table(zoo_dir=None):
    """The results as a Markdown table, and one more for embeddings.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        String: one line per system, data set, recipe and split, with mean
        and standard deviation over seeds.
    """
    rows = summarize(read_results(zoo_dir))
    backend = ["backend"] if len({r["backend"] for r in rows}) > 1 else []
    return by_kind(
        rows,
        lambda rows, scores: markdown(
            ["system", "dataset", "recipe", "split", *scores, "seeds"]
            + backend,
            [
                [
                    *(row[k] for k in ("system", "dataset", "recipe", "split")),
                    *(spread(row[score]) for score in scores),
                    row["num_seeds"],
                    *(row[k] for k in backend),
                ]
                for row in rows
            ],
        ),
    )


def by_kind(rows, write):
    """A text for what has clusters and, below, one for what has none.

    Args:
        rows: List of dicts for which `scores_of` tells the kind.
        write: Function of rows and the names of their scores that returns a
            Markdown table.

    Returns:
        String.
    """
    embeddings = [row for row in rows if scores_of(row) is EMBEDDING_SCORES]
    others = [row for row in rows if scores_of(row) is SCORES]
    if not embeddings:
        return write(others, SCORES)
    texts = [write(others, SCORES)] if others else []
    texts.append(f"{_EXPLAINED}\n\n{write(embeddings, EMBEDDING_SCORES)}")
    return "\n".join(texts)


def scores_of(row):
    """Names of the scores that a training of this kind has.

    Args:
        row: Dict with such scores, those of the other kind `None` or
            missing.

    Returns:
        `SCORES` or `EMBEDDING_SCORES`.
    """
    if row.get(EMBEDDING_SCORES[0]) is not None:
        return EMBEDDING_SCORES
    return SCORES


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
    if None in values:
        return None
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
    held = scores_of(row)
    for score in (*SCORES, *EMBEDDING_SCORES):
        value = row[score]
        if value is None and score not in held:
            continue
        if score not in held:
            raise ValueError(
                f"A row must have {' and '.join(held)}, or those of the other "
                f"kind, not both. Received: {score}={value!r}"
            )
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
    types = {c: _finite for c in _FORMATS} | {"seed": int, "num_samples": int}
    return {
        # A file written before there was such a column has no such key.
        column: types.get(column, str)(row[column]) if row.get(column) else None
        for column in COLUMNS
    }


def _finite(text):
    number = float(text)
    return number if math.isfinite(number) else None
