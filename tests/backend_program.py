"""Every system on another backend of Keras: run by `test_backends`.

Its last arguments are "short", for a few systems, or "whole", for all methods
of all systems, and a folder. Models are small, and train for a few steps.
"""

import sys

import keras
import numpy as np
import systems

import kerasdc
from kerasdc import callbacks

SHORT = ("dec", "embedding", "imsat", "tsne")  # one of each kind of loss
Y = np.arange(60) % 3
X = np.eye(3, 16)[Y] * 9 + np.random.default_rng(0).normal(0, 0.3, (60, 16))
IMAGES = np.clip(X, 0, None).reshape(60, 4, 4)


def make(name, **kwargs):
    """Of images, augmented where the system augments."""
    if "augmentation" in systems.constructor(name):
        layer = kerasdc.layers.RandomShiftRotation(0.1, 5, seed=0)
        kwargs["augmentation"] = ["vat", layer] if name == "imsat" else layer
    return systems.make(name, shape=(4, 4), **kwargs)


def own_callbacks(name):
    if not systems.has_clusters(name):
        return []
    return [
        callbacks.LabelChangeStopping(0.0),
        kerasdc.ClusteringMetrics(None, Y),
        callbacks.ClusterSizes(0.0, patience=9),
    ]


def check_training(name, model):
    row = systems.row(name)
    epochs = 2 if systems.can_pretrain(model) else row.epochs
    systems.pretrain(model, IMAGES, epochs=row.pretrain_epochs, batch_size=10)
    history = systems.fit(
        model,
        IMAGES,
        epochs=epochs,
        batch_size=20,
        callbacks=own_callbacks(name),
        validation_data=IMAGES[:40],
    )
    for key, values in history.items():
        # Of the first epoch there may be nothing to compare with.
        first = 1 if key == "label_change" else 0
        assert np.isfinite(values[first:]).all(), (name, history)
    scores = model.evaluate(
        IMAGES[:40], batch_size=20, verbose=0, return_dict=True
    )
    np.testing.assert_allclose(history["val_loss"][-1], scores["loss"], 1e-3)
    assert np.isfinite(model.objective(IMAGES)), name
    assert int(model.optimizer.iterations) == 3 * epochs
    if systems.has_clusters(name):
        assert history["accuracy"][-1] == 1, (name, history)
        assert len(history["label_change"]) == epochs


def check_steps(name, model):
    """Three steps of `fit`, as JAX compiles each method for seconds."""
    systems.pretrain(model, IMAGES, epochs=0)
    before = model.encoder.get_weights()
    history = systems.fit(model, IMAGES, batch_size=20)
    assert np.isfinite(history["loss"]).all(), (name, history)
    assert int(model.optimizer.iterations) == 3
    after = model.encoder.get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))


def check_file(name, model, folder):
    path = f"{folder}/{name}.keras"
    model.save(path)
    again = keras.models.load_model(path)
    expected = systems.outputs(model, IMAGES)
    for key, value in systems.outputs(again, IMAGES).items():
        np.testing.assert_allclose(value, expected[key], 1e-4, 1e-3)
    return again


def check_going_on(model, again):
    steps = int(model.optimizer.iterations)
    systems.fit(again, IMAGES, batch_size=20)
    assert int(again.optimizer.iterations) == steps + 3


def check_first_version():
    """Files that TensorFlow wrote."""
    expected = systems.saved_outputs()
    for path in sorted(systems.SAVED.glob("*.keras")):
        model = keras.models.load_model(path)
        x = systems.samples_of(path.stem, expected)
        found = model.predict(x, verbose=0)
        same = expected[f"{path.stem}/predict"]
        np.testing.assert_allclose(found, same, 1e-3, 1e-4)


def check_own(name, model):
    """What one system alone has."""
    if name == "dec":
        targets = kerasdc.targets.SelfTrainingTargets(model, IMAGES)
        targets.on_epoch_begin()
        assert targets[0][1].shape == (60, 3)
    elif name == "vade":
        assert model.generate(4, cluster=1, seed=0).shape == (4, 4, 4)
        scores = model.log_prob(IMAGES, num_samples=3)
        assert np.isfinite(scores).all()
    elif name == "dac":
        assert np.allclose(model.thresholds.numpy(), [0.5, 0.5])
    elif name == "tsne":
        assert float(model.current_exaggeration) == 1.0


def check_texts():
    texts = ["cat dog", "dog cat cat", "bond price", "price of bond"] * 3
    tfidf = kerasdc.layers.TfIdf(9)
    model = kerasdc.models.DEC(2, preprocessor=tfidf, seed=0)
    model.adapt(texts)
    assert model.assign(texts).tolist() == [*model.assign(texts[:4])] * 3


def check_neighbors():
    """The encoder alone, by the graph of neighbors, with augmentation."""
    model = make("dec", decoder=None, encoder=systems.dense((4, 4), 8, 2, None))
    model.compile(pretrain_method="neighbors")
    options = {"epochs": 2, "steps_per_epoch": 20, "batch_size": 32}
    history = model.pretrain(IMAGES, verbose=0, **options).history
    assert history["loss"][1] < history["loss"][0], history


def check_affinities():
    model = make("tsne", affinities="batch")
    loss = systems.fit(model, IMAGES, batch_size=25, epochs=20)["loss"]
    assert loss[-1] < loss[5], loss


def main(length, folder):
    for name in sorted(SHORT if length == "short" else systems.SYSTEMS):
        model = make(name)
        if length == "short" and name != "dec":
            check_steps(name, model)
            continue
        check_training(name, model)
        check_own(name, model)
        again = check_file(name, model, folder)
        if name == "dec":  # one will do: JAX compiles for seconds
            check_going_on(model, again)
    check_neighbors()
    if length == "whole":
        check_texts()
        check_affinities()
        check_first_version()
    print(keras.backend.backend())


if __name__ == "__main__":
    main(*sys.argv[-2:])
