"""`publish`: from a trained model to an entry of the zoo."""

import contextlib
import json
import platform
from importlib import metadata as packages

import keras
import numpy as np

import kerasdc
from kerasdc.exports import export_saved_model
from kerasdc.exports import signatures
from kerasdc.utils.arguments import shown
from kerasdc.utils.files import staged
from kerasdc.utils.files import write_json
from kerasdc.zoo import card
from kerasdc.zoo import entry
from kerasdc.zoo import golden
from kerasdc.zoo import index
from kerasdc.zoo import location
from kerasdc.zoo import readmes
from kerasdc.zoo import results
from kerasdc.zoo import tables
from kerasdc.zoo.loading import rebuild
from kerasdc.zoo.weights import write_weights

LICENCE = "Apache-2.0"
_REQUIRED = ("recipe", "seed", "commit", "command", "dataset", "selection")
_OPTIONAL = (
    "split",
    "backend",
    "hyperparameters",
    "paper",
    "deviations",
    "outliers",
    "empty_clusters",
)
_KEYS = (
    f"must have the keys {', '.join(_REQUIRED)}, and may have "
    f"{', '.join(_OPTIONAL)}"
)


def publish(
    model,
    name,
    x_golden,
    info,
    rows=(),
    preview=None,
    zoo_dir=None,
    overwrite=False,
):
    """Makes or replaces an entry of the zoo.

    The entry is written atomically. First it is loaded as users will load it
    and its outputs are compared with the model's. Afterwards all generated
    texts are updated: see `write_readmes`.

    Args:
        model: A trained model of this library.
        name: `<system>_<dataset>`.
        x_golden: A few raw samples, kept with all their outputs.
        info: Dict with `recipe` (its name), `seed`, `commit`, `command`,
            `dataset` (a dict with `name` and `sha256`) and `selection` (how
            this seed was chosen); optionally `split` (`"all"`), `backend`
            (Keras'), `hyperparameters`, `paper` (a dict with scores and their
            `source`), `deviations` (a list of strings), `outliers` (a dict
            from a kind of outliers to the AUROC of `log_prob`) and
            `empty_clusters` (how many clusters of the model are empty).
        rows: Rows to add to `results.csv`. Figures of this model and of all
            seeds of its recipe are taken from there.
        preview: Optional bytes of a PNG picture.
        zoo_dir: Folder of the zoo, made if missing. `None` is the one in
            use.
        overwrite: Boolean. Whether to replace an entry of that name.

    Returns:
        `pathlib.Path` of the entry.

    Raises:
        FileExistsError: If there is such an entry and `overwrite` is not
            set.
        OSError: If the entry cannot be written, which is then unchanged; or
            if a generated text cannot be, after the entry was written.
        ValueError: If the name, `info` or a row is invalid, or the model
            cannot be served.
    """
    _check_info(name, info)
    folder = location.local_folder(zoo_dir)
    target = folder / name
    if target.exists() and not overwrite:
        raise FileExistsError(
            "The zoo has a model of this name: pass overwrite=True to replace "
            "it. "
            f"Received: name={name!r}, overwrite=False"
        )
    # Other processes must not read or write an entry while it is replaced.
    with location.locked(folder), contextlib.ExitStack() as exchange:
        merged = results.merge(results.read_results(folder), rows)
        with staged(target, overwrite) as staging:
            _write(staging, model, x_golden, preview)
            outline = _metadata(name, model, info, merged)
            outline["files"] = entry.describe_files(staging)
            write_json(staging / entry.METADATA, outline)
            card.write_card(staging)
            golden.check_model(rebuild(staging), staging)
            results.add_results(rows, folder)
            digests = {name: entry.metadata_sha256(staging)}
            exchange.enter_context(index.exchanging(folder, digests))
        readmes.write_readmes(folder)
    return target


def _check_info(name, info):
    system, dataset = entry.check_name(name)
    if not isinstance(info, dict):
        raise ValueError(
            f"`info` must be a dict. It {_KEYS}. Received: info={shown(info)}"
        )
    missing = [key for key in _REQUIRED if key not in info]
    unknown = [k for k in info if k not in (*_REQUIRED, *_OPTIONAL)]
    if missing or unknown:
        raise ValueError(
            f"`info` {_KEYS}. Received: {', '.join(map(str, info))}"
        )
    try:
        json.dumps(info, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`info` must be plain values: {error}. Received: info={info}"
        ) from error
    known = info["dataset"]
    if not isinstance(known, dict) or {"name", "sha256"} - set(known):
        raise ValueError(
            "`info['dataset']` must be a dict with the keys name and sha256. "
            f"Received: dataset={shown(known)}"
        )
    if info["dataset"]["name"] != dataset:
        raise ValueError(
            f"The name must be {system}_{info['dataset']['name']}, by the "
            f"data set. Received: name={name!r}"
        )


def _write(folder, model, x_golden, preview):
    export_saved_model(model, folder / "saved_model", version=1)
    write_weights(model, folder / entry.WEIGHTS)
    if model.accepts_text:
        inputs = np.asarray(x_golden).astype(str)
    else:
        inputs = model.as_inputs(x_golden).astype("float32")
    golden.write(folder, inputs, golden.outputs_of(model, inputs))
    if preview is not None:
        (folder / entry.PREVIEW).write_bytes(preview)


def _metadata(name, model, info, rows):
    system, _ = entry.check_name(name)
    metadata = {
        "name": name,
        "system": system,
        "split": "all",
        "backend": keras.backend.backend(),
        **info,
        "licence": LICENCE,
        "class": type(model).__name__,
        "num_clusters": getattr(model, "num_clusters", None),
        "num_params": model.count_params(),
        "preprocessing": _preprocessing(model),
        "signatures": list(signatures(model)),
        "versions": _versions(),
        "model": keras.saving.serialize_keras_object(model),
    }
    return {**metadata, **tables.figures_of(metadata, rows)}


def _preprocessing(model):
    preprocessor = model.preprocessor
    if model.accepts_text:
        inputs = {"dtype": "string", "shape": [None]}
    else:
        shape = model.get_build_config()["input_shape"]
        inputs = {"dtype": "float32", "shape": [None, *shape[1:]]}
    layer = None if preprocessor is None else type(preprocessor).__name__
    return {"inputs": inputs, "layer": layer}


def _versions():
    return {
        "kerasdc": kerasdc.__version__,
        "keras": keras.__version__,
        "tensorflow": packages.version("tensorflow"),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
