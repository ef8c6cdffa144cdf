"""Rows, metadata and checks that the tests of the zoo share."""

import json

import keras
import numpy as np

import kerasdc
from kerasdc.utils.files import write_json
from kerasdc.zoo import entry
from kerasdc.zoo import index
from kerasdc.zoo import loading
from kerasdc.zoo import weights

NAME = "dec_digits"

# Of names with commas between: whether they load, and say the same, where
# TensorFlow is not.
LOAD = """
import sys
import keras
import kerasdc
from kerasdc import zoo
from kerasdc.zoo import golden
for name in sys.argv[1].split(","):
    model = kerasdc.load(name)
    inputs, outputs = golden.read(zoo.location.entry_folder(name))
    golden.largest_difference(golden.outputs_of(model, inputs), outputs)
    print(name)
if "tensorflow" in sys.modules:
    raise ImportError("TensorFlow was imported")
print(keras.backend.backend())
"""


def make_row(**changes):
    return {
        "system": "dec",
        "dataset": "digits",
        "recipe": "best",
        "seed": 0,
        "split": "all",
        "num_samples": 1797,
        "accuracy": 0.5,
        "nmi": 0.5,
        "ari": 0.5,
        "neighbor_error": None,
        "trustworthiness": None,
        "objective": 0.123456789,
        "seconds": 12.34,
        "backend": "tensorflow",
        "commit": "abc1234",
        **changes,
    }


def make_embedding_row(**changes):
    scores = {"neighbor_error": 0.05, "trustworthiness": 0.9}
    scores |= dict.fromkeys(("accuracy", "nmi", "ari"))
    return make_row(system="tsne", **{**scores, **changes})


def make_info(**changes):
    return {
        "recipe": "best",
        "seed": 0,
        "commit": "abc1234",
        "command": "python train.py --publish",
        "dataset": {"name": "digits", "sha256": "0" * 64},
        "selection": "the lowest objective of two seeds.",
        "hyperparameters": {"pretrain": {"epochs": 1}},
        "paper": {"accuracy": 0.843, "source": "A Paper, Table 2"},
        "deviations": ["Fewer epochs."],
        **changes,
    }


ROWS = [make_row(), make_row(seed=1, accuracy=0.7)]


def snapshot(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_close(actual, expected):
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual / scale, expected / scale, atol=1e-5)


def served_weights_of(folder):
    (path,) = (folder / NAME).glob("saved_model/1/variables/*.data-*")
    return path


def weights_of(folder):
    return folder / NAME / entry.WEIGHTS


def change_metadata(folder, change, name=NAME):
    path = folder / name / entry.METADATA
    metadata = json.loads(path.read_text())
    change(metadata)
    path.write_text(json.dumps(metadata))
    index.write_index(folder)


def reloaded(model, folder):
    """A model as `load` makes it of what `publish` writes."""
    weights.write_weights(model, folder / entry.WEIGHTS)
    config = json.dumps(keras.saving.serialize_keras_object(model))
    return loading.build(folder, {"model": json.loads(config)})


# === Entries without a model ===


def make_entry(folder, name=NAME, content=b"weights", **changes):
    """Files and metadata of an entry, and the index of the zoo."""
    place = folder / name
    for file in (entry.WEIGHTS, entry.GOLDEN, "saved_model/1/saved_model.pb"):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(content)
    listed = entry.describe_files(place)
    write_json(place / entry.METADATA, {"files": listed, "model": {}})
    change_metadata(folder, lambda metadata: metadata.update(changes), name)


def offer(server, folder):
    """Lets a server have the files of a zoo; returns its address."""
    server.files.update(snapshot(folder))
    return server.url("")[:-1]


def make_package(monkeypatch, folder):
    """An installed package that knows no model; returns its folder."""
    package = folder / "kerasdc"
    (package / "zoo").mkdir(parents=True)
    (package / "zoo" / "digests.json").write_text("{}")
    monkeypatch.setattr(kerasdc, "__file__", str(package / "__init__.py"))
    return package
