"""Summaries of the results over seeds, and tables of them."""

import statistics

from kerasdc.zoo import comparison
from kerasdc.zoo.results import EMBEDDING_SCORES
from kerasdc.zoo.results import KEY
from kerasdc.zoo.results import SCORES
from kerasdc.zoo.results import has_clusters
from kerasdc.zoo.results import read_results

_GROUP = KEY[:-1]  # all but the seed
_EXPLAINED = (
    "Embeddings without clusters. `neighbor_error`: share of points whose "
    "nearest\nneighbor in the embedding is of another class."
)


def figures_of(metadata, rows):
    """The figures of an entry, from the results.

    Args:
        metadata: Dictionary of an entry.
        rows: List of dicts with the keys `COLUMNS`.

    Returns:
        Dict: `figures`, this model's row, or `None` if there is none; once
        set, it is kept when another training replaces that row. `summary`
        and `rows`: all seeds of its recipe. `others`: a summary of the
        system's other recipes for the data set and its variants.
    """
    dataset, recipe = metadata["dataset"]["name"], metadata["recipe"]
    of_recipe, others = [], []
    for row in rows:
        if row["system"] != metadata["system"]:
            continue
        if (row["dataset"], row["recipe"]) == (dataset, recipe):
            of_recipe.append(row)
        elif _is_variant(row["dataset"], dataset):
            others.append(row)
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


def summarize(rows):
    """Mean and standard deviation over seeds.

    Args:
        rows: List of dicts with the keys `COLUMNS`.

    Returns:
        List of dicts, one per system, data set, recipe, split and backend,
        with these, `num_seeds`, `num_samples` and, for each score, its
        `mean` and `sd`, or `None` where the system has no such score. `sd`
        is the sample standard deviation; `None` for one seed.
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


def shape_text(shape):
    """A shape as text, such as `(n, 28, 28)`.

    Args:
        shape: Sequence of integers; `None` is any number, `n`.

    Returns:
        String.
    """
    return "(" + ", ".join("n" if s is None else str(s) for s in shape) + ")"


def results_table(zoo_dir=None, recipe=None):
    """The systems' results as Markdown tables: of clusters and of embeddings.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.
        recipe: Optional string: rows of this recipe only.

    Returns:
        String: one line per system, data set, recipe and split, with mean
        and standard deviation over seeds, and the mean minutes of a seed.
        Clusters have the accuracies of k-means and of the best baseline
        beside them, if there are any.
    """
    results = read_results(zoo_dir)
    systems, baselines = comparison.divided(summarize(results))
    if recipe is not None:
        systems = [row for row in systems if row["recipe"] == recipe]
    beside = comparison.Beside(baselines)
    return by_kind(
        systems,
        lambda rows, scores: _table_of(
            rows,
            scores,
            systems,
            beside if scores is SCORES else None,
            _minutes(results),
        ),
    )


def _minutes(results):
    """Mean minutes of a seed, as texts by what `summarize` groups by."""
    seconds = {}
    for row in results:
        seconds.setdefault(tuple(row[k] for k in _GROUP), []).append(
            row["seconds"]
        )
    return {
        key: "–" if None in values else f"{sum(values) / len(values) / 60:.1f}"
        for key, values in seconds.items()
    }


def _table_of(rows, scores, systems, beside, minutes):
    named = ["system", "dataset", "recipe", "split"]
    backend = ["backend"] if len({r["backend"] for r in systems}) > 1 else []
    lines = [
        [
            *(row[k] for k in named),
            *(spread(row[score]) for score in scores),
            *(beside.cells(row) if beside else ()),
            minutes[tuple(row[k] for k in _GROUP)],
            row["num_seeds"],
            *(row[k] for k in backend),
        ]
        for row in rows
    ]
    head = beside.head if beside else []
    return markdown(
        [*named, *scores, *head, "minutes", "seeds", *backend], lines
    )


def baselines_table(zoo_dir=None):
    """The baselines' results as a Markdown table.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        String: one line per data set, split and baseline, with mean and
        standard deviation over seeds.
    """
    _, baselines = comparison.divided(summarize(read_results(zoo_dir)))
    head = ["dataset", "split", "baseline", *SCORES, "seeds"]
    return markdown(head, comparison.lines_of(baselines, spread))


def by_kind(rows, write):
    """A table of clusters and, below, one of embeddings without clusters.

    Args:
        rows: List of dicts that `has_clusters` takes.
        write: Function of rows and names of scores that returns a Markdown
            table.

    Returns:
        String.
    """
    clusters = [row for row in rows if has_clusters(row)]
    embeddings = [row for row in rows if not has_clusters(row)]
    if not embeddings:
        return write(clusters, SCORES)
    texts = [write(clusters, SCORES)] if clusters else []
    texts.append(f"{_EXPLAINED}\n\n{write(embeddings, EMBEDDING_SCORES)}")
    return "\n".join(texts)


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


def _is_variant(dataset, of):
    """Whether `dataset` is `of` or made from it, by its name."""
    return dataset == of or dataset.startswith(f"{of}_")
