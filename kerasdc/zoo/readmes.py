"""The zoo's README, and the table of results in the one beside it."""

import hashlib
import pathlib

from kerasdc.recipes import get_recipe
from kerasdc.recipes import list_recipes
from kerasdc.recipes import without_prose
from kerasdc.utils.files import json_text
from kerasdc.utils.files import write_json
from kerasdc.utils.files import write_text
from kerasdc.zoo import card
from kerasdc.zoo import entry
from kerasdc.zoo import location
from kerasdc.zoo import results
from kerasdc.zoo import tables

BEGIN = "<!-- results:begin -->"
END = "<!-- results:end -->"

_EXAMPLE = "dec_mnist"
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
A folder holds the weights (`model.weights.h5`), the same model for TensorFlow
Serving (`saved_model/1`) and a few inputs with their outputs (`golden.npz`).

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
    with `results.csv`, which may have more seeds than when it was published,
    and with the recipe's deviations, which may be worded better by now. Each
    file is replaced in one move; where one cannot be written, it stays as it
    was.

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
        entries = {
            name: _updated(entry.read_metadata(folder / name), rows)
            for name in names
        }
        digests = {name: _sha256(entries[name]) for name in names}
        with location.exchanging(folder, digests):
            for name, metadata in entries.items():
                write_json(folder / name / entry.METADATA, metadata)
                card.write_card(folder / name)
        text = _README.format(
            example=names[0] if names and _EXAMPLE not in names else _EXAMPLE,
            models=tables.by_kind(list(entries.values()), _models_table),
            table=tables.results_table(folder),
            **results.SPLITS,
        )
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
    table = tables.results_table(zoo_dir)
    write_text(path, f"{start}{BEGIN}\n{table}{END}{tail}")


def _updated(metadata, rows):
    """Metadata with all that is known of its recipe by now."""
    known = tables.figures_of(metadata, rows) if rows else {}
    key = metadata["system"], metadata["dataset"]["name"], metadata["recipe"]
    if key in list_recipes():
        recipe = get_recipe(*key)
        if metadata.get("hyperparameters") == without_prose(recipe):
            known["deviations"] = recipe["deviations"]
    return {**metadata, **known}


def _sha256(metadata):
    return hashlib.sha256(json_text(metadata).encode("utf-8")).hexdigest()


def _models_table(metadata, scores):
    head = ["model", "recipe", "seed", "split", *scores, "parameters", "MB"]
    lines = []
    for m in metadata:
        found = m["figures"]
        figures = [f"{found[s]:.4f}" if found else "–" for s in scores]
        size = sum(file["size"] for file in m["files"].values()) / 1e6
        link = f"[{m['name']}]({m['name']}/{entry.CARD})"
        lines.append([link, m["recipe"], m["seed"], m["split"], *figures])
        lines[-1] += [f"{m['num_params']:,}", f"{size:.1f}"]
    return tables.markdown(head, lines)
