"""The texts of the zoo, made from metadata and results alone."""

import json
import pathlib

from kerasdc.datasets.catalogue import ENTRIES
from kerasdc.files import write_json
from kerasdc.files import write_text
from kerasdc.recipes import get_recipe
from kerasdc.recipes import list_recipes
from kerasdc.zoo import entry
from kerasdc.zoo import location
from kerasdc.zoo import results

BEGIN = "<!-- results:begin -->"
END = "<!-- results:end -->"

_EXAMPLE = "dec_mnist"
_SPLITS = {
    "all": "fitted and scored on all data",
    "test": "fitted on the training part, scored on the test part",
}
_README = """\
# Pretrained models

Made by `python -m kerasdc.zoo` from the metadata of the models and from
`results.csv`; do not edit. Labels were used for the scores only, never to
train, to stop or to choose.

```python
import kerasdc

model = kerasdc.load("{example}")
```

{models}
## All results

Mean ± standard deviation over seeds (of the sample, with n - 1 below).
Split `all`: {all}; `test`: {test}.

{table}"""


def write_readmes(zoo_dir=None):
    """Writes every generated text: `write_zoo_readme`, the README beside.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        List of `pathlib.Path`: the zoo's README and, where there is one with
        the marks of a table, the one beside the zoo's folder.
    """
    paths = [write_zoo_readme(zoo_dir)]
    readme = location.local_folder(zoo_dir).parent / "README.md"
    if readme.is_file() and BEGIN in readme.read_text(encoding="utf-8"):
        update_readme(readme, zoo_dir)
        paths.append(readme)
    return paths


def write_zoo_readme(zoo_dir=None):
    """Writes the zoo's README, the cards of all models, and the index.

    What an entry's metadata and card say of its recipe is brought up to date
    with `results.csv`, which may have more seeds than when it was published.
    Each file is replaced in one move; where one cannot be written, it stays
    as it was.

    Args:
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Returns:
        `pathlib.Path` of the README.
    """
    folder = location.local_folder(zoo_dir)
    # Trainings that end at once would write the older figures last.
    with location.locked(folder):
        names = location.names(folder)
        rows = results.read_results(folder)
        metadata = [_update_card(folder / name, rows) for name in names]
        text = _README.format(
            example=names[0] if names and _EXAMPLE not in names else _EXAMPLE,
            models=_models_table(metadata),
            table=results.results_table(folder),
            **_SPLITS,
        )
        location.write_index(folder)
        write_text(folder / "README.md", text)
    return folder / "README.md"


def update_readme(readme_path, zoo_dir=None):
    """Puts the table of results between two marks of another README.

    Args:
        readme_path: File with the lines `<!-- results:begin -->` and
            `<!-- results:end -->`.
        zoo_dir: Folder of a zoo, or `None` for the one in use.

    Raises:
        ValueError: If the marks are not there, once each and in order.
    """
    path = pathlib.Path(readme_path)
    text = path.read_text(encoding="utf-8")
    start, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in start + tail:
        raise ValueError(
            f"The file must hold {BEGIN} and, after it, {END}, once each. "
            f"Received: file={str(path)!r}"
        )
    table = results.results_table(zoo_dir)
    write_text(path, f"{start}{BEGIN}\n{table}{END}{tail}")


def write_card(folder):
    """Writes the card of an entry.

    Args:
        folder: `pathlib.Path` of an entry.

    Returns:
        The entry's metadata.
    """
    metadata = entry.read_metadata(folder)
    write_text(folder / entry.CARD, card(metadata))
    return metadata


def _update_card(folder, rows):
    metadata = entry.read_metadata(folder)
    if rows:
        metadata.update(results.figures_of(metadata, rows))
        write_json(folder / entry.METADATA, metadata)
    return write_card(folder)


def card(metadata):
    """The card of a model, as Markdown.

    Args:
        metadata: Dictionary of an entry.

    Returns:
        String.
    """
    sections = (
        _head,
        _figures,
        _seeds,
        _others,
        _outliers,
        _training,
        _serving,
        _files,
    )
    texts = [section(metadata) for section in sections]
    return "\n".join(text for text in texts if text)


def _head(m):
    has_clusters = m["num_clusters"] is not None
    size = f"{m['num_clusters']} clusters and " if has_clusters else ""
    picture = "Clusters" if has_clusters else "Embedding"
    picture = f"![{picture}]({entry.PREVIEW})\n\n"
    use = "clusters = model.assign(x)" if has_clusters else "z = model.embed(x)"
    return (
        f"# {m['name']}\n\n"
        f"`{m['class']}` with {size}"
        f"{m['num_params']:,} parameters, trained on {m['dataset']['name']} "
        f"without labels. Licence: {m['licence']}.\n\n"
        f"{picture if entry.PREVIEW in m['files'] else ''}"
        f'```python\nimport kerasdc\n\nmodel = kerasdc.load("{m["name"]}")\n'
        f"{use}\n```\n"
    )


def _figures(m):
    lines, names = [], _scores_of(m)
    if m["figures"]:
        scores = [f"{m['figures'][s]:.4f}" for s in names]
        lines.append([f"this model (seed {m['seed']})", m["split"], *scores])
    for summary in m["summary"]:
        scores = [results.spread(summary[s]) for s in names]
        count = summary["num_seeds"]
        seeds = f"{count} seed{'s' if count > 1 else ''}, {summary['backend']}"
        lines.append([seeds, summary["split"], *scores])
    paper = m.get("paper")
    if paper:
        scores = [paper.get(score, "–") for score in names]
        lines.append([paper.get("source", "the paper"), "all", *scores])
    table = results.markdown(["", "split", *names], lines)
    explained = "; ".join(f"`{k}`: {text}" for k, text in _SPLITS.items())
    return (
        f"## Figures\n\n{table}\n"
        f"Mean ± standard deviation over seeds. Split {explained}. Which "
        f"seed is published: {m['selection']}\n"
    )


def _seeds(m):
    columns = ["seed", "split", *_scores_of(m), "objective", "seconds"]
    columns += ["backend", "commit"]
    lines = [
        ["–" if row[c] is None else row[c] for c in columns]
        for row in m["rows"]
    ]
    return f"## Every seed\n\n{results.markdown(columns, lines)}"


def _others(m):
    if not m.get("others"):
        return ""
    columns, names = ["dataset", "recipe", "split", "backend"], _scores_of(m)
    lines = [
        [
            *(summary[c] for c in columns),
            *(results.spread(summary[s]) for s in names),
            summary["num_seeds"],
        ]
        for summary in m["others"]
    ]
    table = results.markdown([*columns, *names, "seeds"], lines)
    recipes = dict.fromkeys((s["dataset"], s["recipe"]) for s in m["others"])
    notes = [_recipe_note(m, *key) for key in recipes]
    return f"## Other recipes\n\n{table}\n" + "".join(notes)


def _recipe_note(m, dataset, recipe):
    """What tells a recipe from the paper's, and its data from the entry's."""
    notes = []
    if dataset != m["dataset"]["name"] and dataset in ENTRIES:
        notes.append(f"{ENTRIES[dataset].source}.")
    if (m["system"], dataset, recipe) in list_recipes():
        paper = get_recipe(m["system"], dataset, "paper")["deviations"]
        others = get_recipe(m["system"], dataset, recipe)["deviations"]
        notes += [line for line in others if line not in paper]
    if not notes:
        return ""
    return f"- `{dataset}`, `{recipe}`: {' '.join(notes)}\n"


def _outliers(m):
    if not m.get("outliers"):
        return ""
    lines = [[name, value] for name, value in m["outliers"].items()]
    return (
        "## Outliers\n\nHow well `log_prob` tells the data, scored higher, "
        "from what is not of its kind: the area under the ROC curve.\n\n"
        f"{results.markdown(['outliers', 'AUROC'], lines)}"
    )


def _training(m):
    versions = ", ".join(f"{k} {v}" for k, v in m["versions"].items())
    text = (
        f"## Training\n\n```\n{m['command']}\n```\n\n"
        f"- Recipe `{m['recipe']}`, seed {m['seed']}, commit {m['commit']}\n"
        f"- Versions: {versions}\n"
        f"- Data: {m['dataset']['name']}, SHA-256 "
        f"`{m['dataset']['sha256']}`\n"
    )
    if m.get("hyperparameters"):
        values = json.dumps(m["hyperparameters"], indent=2)
        text += f"\n```json\n{values}\n```\n"
    if m.get("deviations"):
        text += "\nOther than in the paper:\n\n"
        text += "".join(f"- {line}\n" for line in m["deviations"])
    return text


def _serving(m):
    inputs = m["preprocessing"]["inputs"]
    shape = ", ".join("n" if s is None else str(s) for s in inputs["shape"])
    kept = f", then `{m['preprocessing']['layer']}`, which is inside"
    return (
        "## Serving\n\n"
        f"`{entry.SAVED_MODEL}` has the signatures "
        f"{', '.join(f'`{name}`' for name in m['signatures'])}. "
        f"Input: raw {inputs['dtype']} `({shape})`"
        f"{kept if m['preprocessing']['layer'] else ''}.\n"
    )


def _files(m):
    lines = [
        [f"`{name}`", f"{file['size']:,}", f"`{file['sha256']}`"]
        for name, file in m["files"].items()
    ]
    table = results.markdown(["file", "bytes", "SHA-256"], lines)
    return f"## Files\n\n{table}"


def _models_table(metadata):
    rows = [{"metadata": m, **(m["figures"] or {})} for m in metadata]
    return results.by_kind(rows, _models_of_kind)


def _models_of_kind(rows, scores):
    head = ["model", "recipe", "seed", "split", *scores, "parameters", "MB"]
    lines = []
    for row in rows:
        m = row["metadata"]
        figures = [f"{row[s]:.4f}" if s in row else "–" for s in scores]
        size = sum(file["size"] for file in m["files"].values()) / 1e6
        link = f"[{m['name']}]({m['name']}/{entry.CARD})"
        lines.append([link, m["recipe"], m["seed"], m["split"], *figures])
        lines[-1] += [f"{m['num_params']:,}", f"{size:.1f}"]
    return results.markdown(head, lines)


def _scores_of(m):
    if m["num_clusters"] is None:
        return results.EMBEDDING_SCORES
    return results.SCORES
