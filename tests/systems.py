"""A small model of every registered system, for the tests of all of them.

A new system adds a row to `ROWS` for what the defaults do not do for it.
"""

import contextlib
import dataclasses
import inspect
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasdc
from kerasdc.models import SYSTEMS
from kerasdc.models import ClusteringModel

SAVED = Path(__file__).parent / "saved"  # files of version 0.1.0
WIDTH = 16  # of the networks' one hidden layer


@dataclasses.dataclass
class Row:
    """What the small model of a system has of its own.

    Attributes:
        arguments: Of the constructor.
        changed: Arguments of the constructor, none of them its default.
        compile: Arguments of `compile`, none of them its default.
        start: Arguments of `adapt`, before that `fit`; none if it is empty.
        pretrain_epochs: Integer, after which `fit` recovers three blobs.
        epochs: Integer, of that `fit`.
        learning_rate: Float, likewise.
    """

    arguments: dict = dataclasses.field(default_factory=dict)
    changed: dict = dataclasses.field(default_factory=dict)
    compile: dict = dataclasses.field(default_factory=dict)
    start: dict = dataclasses.field(default_factory=dict)
    pretrain_epochs: int = 8
    epochs: int = 4
    learning_rate: float = 0.01


ROWS = {
    "dac": Row(
        compile={"upper": (0.9, 0.6), "lower": (0.1, 0.2), "all_pairs": True},
        epochs=15,
    ),
    "dbc": Row(
        changed={"alpha": 2.0},
        compile={"update_interval": 7, "boost": 3.0},
    ),
    "dcn": Row(
        changed={"initial_count": 50.0},
        compile={"clustering_weight": 0.5, "kmeans_interval": 3},
    ),
    "dec": Row(changed={"alpha": 2.0}, compile={"update_interval": 7}),
    "depict": Row(
        compile={
            "update_interval": 7,
            "target_power": 2.0,
            "frequency_power": 1.0,
            "layerwise_weight": 0.2,
        },
    ),
    "embedding": Row(
        changed={"likelihood": "bernoulli"},
        compile={
            "similarity_weight": 0.5,
            "conditional": False,
            "summed": False,
            "method": "merged_kmeans",
        },
    ),
    "idec": Row(
        changed={"alpha": 2.0},
        compile={"update_interval": 7, "kld_weight": 0.2},
    ),
    "imsat": Row(
        changed={"class_prior": [0.5, 0.3, 0.2]},
        compile={
            "information_weight": 0.2,
            "marginal_weight": 2.0,
            "radius_factor": 0.5,
            "prior_tolerance": 0.1,
            "xi": 3.0,
        },
        epochs=15,
    ),
    "infogan": Row(
        arguments={"noise_dim": 4},
        changed={
            "num_codes": 1,
            "noise_dim": 5,
            "generator": kerasdc.networks.infogan_generator((6,), 9, units=8),
        },
        compile={"information_weight": 0.5, "assignment_weight": 0.5},
        # Of random starts, some end with two blobs in one cluster.
        start={"graph_start": {"learned_epochs": 200, "num_neighbors": 7}},
        epochs=20,
    ),
    "jule": Row(
        changed={"num_neighbors": 7, "edges": "gaussian"},
        compile={
            "margin": 0.5,
            "keep_share": 0.5,
            "period": 3,
            "first_clusters": 4,
            "shifts": True,
            "max_samples": 500,
        },
        epochs=6,
    ),
    "temi": Row(
        changed={
            "num_heads": 3,
            "units": [8],
            "shared": False,
            "num_neighbors": 7,
        },
        compile={
            "beta": 0.8,
            "momentum": 0.9,
            "marginal_momentum": 0.5,
            "max_samples": 500,
        },
        epochs=15,
    ),
    "tsne": Row(
        arguments={"perplexity": 5.0},
        changed={"num_components": 3, "dof": 4.0, "affinities": "batch"},
        compile={
            "exaggeration": 3.0,
            "exaggerated_share": 0.5,
            "max_samples": 500,
        },
        epochs=15,
    ),
    "vade": Row(
        changed={"likelihood": "gaussian"},
        compile={
            "decay": 0.5,
            "decay_interval": 5,
            "decay_minimum": 0.0,
            "log_weight_factor": 10.0,
            "fixed_weights": True,
        },
        pretrain_epochs=20,
        epochs=5,
        learning_rate=0.005,
    ),
}


def by_default(*names, of=SYSTEMS):
    """Parameters: all systems, of which these are not only of `-m slow`."""
    slow = pytest.mark.slow
    return [pytest.param(s, marks=[] if s in names else slow) for s in of]


def row(system):
    return ROWS.get(system, Row())


def constructor(system):
    """Names of the arguments of a system's constructor."""
    names = inspect.signature(SYSTEMS[system]).parameters
    return [name for name in names if name != "kwargs"]


def has_clusters(system):
    return issubclass(SYSTEMS[system], ClusteringModel)


def can_pretrain(model):
    return hasattr(model, "pretrain") and model.decoder is not None


def networks(system, shape=(6,), dim=2, regularizer=None):
    """Small networks for what a system's constructor takes."""
    names, arguments = constructor(system), {}
    if "decoder" in names:
        arguments["encoder"] = dense(shape, WIDTH, dim, regularizer)
        arguments["decoder"] = kerasdc.networks.mlp_decoder(
            shape, (WIDTH,), dim
        )
    else:  # the encoder's output is what a head stands on
        arguments["encoder"] = dense(shape, WIDTH, None, regularizer)
    if "embedding" in names:
        arguments["embedding"] = kerasdc.networks.embedding_mlp(dim, (WIDTH,))
    return arguments


def dense(shape, units, dim, regularizer):
    options = {"kernel_regularizer": regularizer}
    x = inputs = keras.Input(shape)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(units, **options)(x)
    if dim is None:
        x = keras.layers.BatchNormalization(epsilon=2e-5)(x)
    x = keras.layers.ReLU()(x)
    if dim is not None:
        x = keras.layers.Dense(dim, **options)(x)
    return keras.Model(inputs, x)


def make(system, shape=(6,), compiled=True, regularizer=None, **kwargs):
    """A small model of a system, the same one each time."""
    keras.utils.set_random_seed(5)
    arguments = {"seed": 1, **row(system).arguments, **kwargs}
    dim = arguments.get("num_components", 2)
    if "encoder" not in kwargs:
        arguments |= networks(system, shape, dim, regularizer)
    if has_clusters(system):
        arguments.setdefault("num_clusters", 3)
    model = SYSTEMS[system](**arguments)
    if compiled:
        model.compile(**optimizers(model, row(system).learning_rate))
    keras.utils.set_random_seed(6)
    return model


def optimizers(model, learning_rate=0.01):
    adam = keras.optimizers.Adam
    found = {"optimizer": adam(learning_rate)}
    if hasattr(model, "pretrain"):
        found["pretrain_optimizer"] = adam(0.01)
    return found


@contextlib.contextmanager
def eager():
    """Without tracing, which takes longer than a few small steps."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def pretrain(model, x, **kwargs):
    """Where there is something to pretrain."""
    if can_pretrain(model):
        options = {"epochs": 1, "batch_size": 90, "verbose": 0, **kwargs}
        model.pretrain(x, **options)


def fit(model, x, **kwargs):
    options = {"epochs": 1, "batch_size": 45, "verbose": 0, **kwargs}
    return model.fit(x, **options).history


def train(model, x, **kwargs):
    """All stages, each for an epoch unless `fit` is told otherwise."""
    pretrain(model, x)
    return fit(model, x, **kwargs)


def adapt(model, x, batch_size=45):
    """With the batches of `fit`, where it depends on them."""
    names = inspect.signature(model.adapt).parameters
    options = {"batch_size": batch_size} if "batch_size" in names else {}
    model.adapt(x, **options)


def snapshot(model):
    """All that a failed call must leave: weights, and what is known."""
    parts = [model.encoder, getattr(model, "decoder", None)]
    weights = model.get_weights() if model.built else []
    for part in parts:
        weights += [] if part is None else part.get_weights()
    flags = [model.built, model.adapted, getattr(model, "pretrained", None)]
    flags += [getattr(model.preprocessor, "adapted", None)]
    return weights, flags


def assert_unchanged(model, before):
    weights, flags = snapshot(model)
    assert flags == before[1]
    for new, old in zip(weights, before[0], strict=True):
        np.testing.assert_array_equal(new, old)


def assert_close(found, expected, rtol=1e-4, atol=1e-5):
    """Of two lists of arrays."""
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol, atol)


def outputs(model, x):
    """What a model says of samples, by what it is called."""
    found = {"predict": model.predict(x, verbose=0), "embed": model.embed(x)}
    if getattr(model, "decoder", None) is not None:
        found["reconstruct"] = model.reconstruct(x)
    return found


def saved_outputs():
    """What models of version 0.1.0 said, and what they said it of."""
    with np.load(SAVED / "expected.npz") as file:
        return dict(file)


def samples_of(name, expected):
    """What a saved model was trained on."""
    return expected["images" if name == "dac" else "x"]
