"""The card of an entry, made from its metadata."""

import json

from kerasdc.datasets.catalogue import ENTRIES
from kerasdc.recipes import get_recipe
from kerasdc.recipes import list_recipes
from kerasdc.utils.files import write_text
from kerasdc.zoo import entry
from kerasdc.zoo import results
from kerasdc.zoo import tables


def write_card(folder):
    """Writes the card of an entry.

    Args:
        folder: `pathlib.Path` of an entry.
    """
    write_text(folder / entry.CARD, card(entry.read_metadata(folder)))


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
    clusters = results.has_clusters(m)
    size = f"{m['num_clusters']} clusters and " if clusters else ""
    picture = "Clusters" if clusters else "Embedding"
    picture = f"![{picture}]({entry.PREVIEW})\n\n"
    use = "clusters = model.assign(x)" if clusters else "z = model.embed(x)"
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
    lines, names = [], results.scores_of(m)
    if m["figures"]:
        scores = [f"{m['figures'][s]:.4f}" for s in names]
        lines.append([f"this model (seed {m['seed']})", m["split"], *scores])
    for summary in m["summary"]:
        scores = [tables.spread(summary[s]) for s in names]
        count = summary["num_seeds"]
        seeds = f"{count} seed{'s' if count > 1 else ''}, {summary['backend']}"
        lines.append([seeds, summary["split"], *scores])
    paper = m.get("paper")
    if paper:
        scores = [paper.get(score, "–") for score in names]
        lines.append([paper.get("source", "the paper"), "all", *scores])
    table = tables.markdown(["", "split", *names], lines)
    splits = [f"`{k}`: {text}" for k, text in results.SPLITS.items()]
    return (
        f"## Figures\n\n{table}\n"
        f"Mean ± standard deviation over seeds. Split {'; '.join(splits)}. "
        f"Which seed is published: {m['selection']}\n"
    )


def _seeds(m):
    columns = ["seed", "split", *results.scores_of(m), "objective", "seconds"]
    columns += ["backend", "commit"]
    lines = [
        ["–" if row[c] is None else row[c] for c in columns]
        for row in m["rows"]
    ]
    return f"## Every seed\n\n{tables.markdown(columns, lines)}"


def _others(m):
    if not m.get("others"):
        return ""
    columns, names = (
        ["dataset", "recipe", "split", "backend"],
        results.scores_of(m),
    )
    lines = [
        [
            *(summary[c] for c in columns),
            *(tables.spread(summary[s]) for s in names),
            summary["num_seeds"],
        ]
        for summary in m["others"]
    ]
    table = tables.markdown([*columns, *names, "seeds"], lines)
    recipes = dict.fromkeys((s["dataset"], s["recipe"]) for s in m["others"])
    notes = [_recipe_note(m, *key) for key in recipes]
    return f"## Other recipes\n\n{table}\n" + "".join(notes)


def _recipe_note(m, dataset, recipe):
    """How recipe and data differ from the paper's and the entry's."""
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
        "## Outliers\n\nArea under the ROC curve (AUROC) of `log_prob`, "
        "which should be higher for the data than for outliers.\n\n"
        f"{tables.markdown(['outliers', 'AUROC'], lines)}"
    )


def _training(m):
    versions = ", ".join(f"{k} {v}" for k, v in m["versions"].items())
    backend, _, policy = m["backend"].partition("/")
    text = (
        f"## Training\n\n```\n{m['command']}\n```\n\n"
        f"- Recipe `{m['recipe']}`, seed {m['seed']}, commit {m['commit']}\n"
        f"- Backend {backend}, dtype policy {policy or 'float32'}\n"
        f"- Versions: {versions}\n"
        f"- Data: {m['dataset']['name']}, SHA-256 "
        f"`{m['dataset']['sha256']}`\n"
    )
    if m.get("hyperparameters"):
        values = json.dumps(m["hyperparameters"], indent=2)
        text += f"\n```json\n{values}\n```\n"
    if m.get("deviations"):
        text += "\nDeviations from the paper:\n\n"
        text += "".join(f"- {line}\n" for line in m["deviations"])
    return text


def _serving(m):
    inputs = m["preprocessing"]["inputs"]
    kept = f", then `{m['preprocessing']['layer']}`, which is inside"
    return (
        "## Serving\n\n"
        f"`{entry.SAVED_MODEL}` is for TensorFlow Serving. It has the "
        "signatures "
        f"{', '.join(f'`{name}`' for name in m['signatures'])}. "
        f"Input: raw {inputs['dtype']} `{tables.shape_text(inputs['shape'])}`"
        f"{kept if m['preprocessing']['layer'] else ''}.\n\n"
        f"{_other_formats(m)}"
    )


def _other_formats(m):
    if m["preprocessing"]["inputs"]["dtype"] == "string":
        return "Texts are taken by the SavedModel only.\n"
    name = m["name"]
    return (
        "As files for ONNX Runtime and LiteRT, with the same inputs and "
        "outputs (equal to 1e-4, which the tests check):\n\n"
        "```python\n"
        f'kerasdc.export(model, "{name}.onnx", format="onnx")\n'
        f'kerasdc.export(model, "{name}.tflite", format="litert")\n'
        "```\n"
    )


def _files(m):
    lines = [
        [f"`{name}`", f"{file['size']:,}", f"`{file['sha256']}`"]
        for name, file in m["files"].items()
    ]
    table = tables.markdown(["file", "bytes", "SHA-256"], lines)
    return (
        f"## Files\n\n`kerasdc.load` reads the weights from "
        f"`{entry.WEIGHTS}`, on every Keras backend. They and the SavedModel "
        f"give the outputs in `{entry.GOLDEN}` to 1e-5: "
        "`kerasdc.zoo.verify` compares them.\n\n"
        f"{table}"
    )
