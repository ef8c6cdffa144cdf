"""What IMSAT and DAC, which have no decoder, share."""

import keras
import numpy as np
import pytest
import systems
from states import assert_same
from states import state

import kerasdc
from kerasdc.layers import TfIdf
from kerasdc.models import DAC
from kerasdc.models import IMSAT
from kerasdc.targets import neighbor_radii

pytestmark = pytest.mark.usefixtures("eagerly")

SYSTEMS = {"imsat": IMSAT, "dac": DAC}
TEXTS = [
    f"{word} {verb} it {time}"
    for word, verb in (("cat", "eats"), ("dog", "sees"), ("stock", "beats"))
    for time in ("now", "later", "today", "at night", "again", "never")
]


@pytest.fixture(params=SYSTEMS)
def system(request):
    return request.param


def by_default(name):
    """For what both share: one of them, the other by `-m slow`."""
    found = systems.by_default(name, of=SYSTEMS)
    return pytest.mark.parametrize("system", found, indirect=True)


def make(system, num_clusters=3, shape=(6,), compiled=True, **kwargs):
    keras.utils.set_random_seed(5)
    encoder = kerasdc.networks.normalized_mlp_encoder(shape, (16,))
    arguments = {"encoder": encoder, "seed": 1, **kwargs}
    model = SYSTEMS[system](num_clusters, **arguments)
    if compiled:
        model.compile(keras.optimizers.Adam(0.01))
    return model


def fit(model, x, **kwargs):
    return model.fit(x, **{"batch_size": 90, "verbose": 0, **kwargs})


# === Restarts ===


def with_siblings(model, monkeypatch):
    """Collects the models that restarts train."""
    found = []
    original = model.sibling

    def sibling(*arguments):
        found.append(original(*arguments))
        return found[-1]

    monkeypatch.setattr(model, "sibling", sibling)
    return found


def with_objectives(model, values, monkeypatch):
    values = iter(values)
    monkeypatch.setattr(
        type(model), "objective", lambda self, x, batch_size=1: next(values)
    )


@by_default("imsat")
def test_restarts_of_texts(system, monkeypatch):
    model = make(system, encoder=None, preprocessor=TfIdf())
    found = with_siblings(model, monkeypatch)
    restarts = {"num": 2, "epochs": 1, "batch_size": 18}
    model.adapt(TEXTS, restarts=restarts)
    assert len(found) == 2
    for other in found:
        np.testing.assert_array_equal(
            other.preprocessor.idf, model.preprocessor.idf
        )
    fit(model, TEXTS, epochs=1, batch_size=18)
    assert model.assign(TEXTS).shape == (18,)


@by_default("dac")
def test_restarts_on_some_samples_by_another_optimizer(
    system, blobs, monkeypatch
):
    model = make(system)
    found = with_siblings(model, monkeypatch)
    seen = []
    original = type(model).objective

    def objective(self, x, batch_size=1024):
        seen.append(x)
        return original(self, x, batch_size)

    monkeypatch.setattr(type(model), "objective", objective)
    restarts = {"num": 2, "epochs": 1, "batch_size": 9, "samples": 20}
    adam = keras.optimizers.Adam(0.0625)
    model.adapt(blobs[0], restarts={**restarts, "optimizer": adam})
    rows = (np.arange(20) * len(blobs[0]) / 20).astype(int)
    for other, x in zip(found, seen, strict=True):
        np.testing.assert_array_equal(x, blobs[0][rows])
        assert type(other.optimizer) is keras.optimizers.Adam
        assert float(other.optimizer.learning_rate) == 0.0625
        assert int(other.optimizer.iterations) == 20 // 9
    assert found[0].optimizer is not found[1].optimizer
    assert int(model.optimizer.iterations) == 0


def test_siblings_of_normalized_data(system, blobs):
    model = make(system, preprocessor=keras.layers.Normalization())
    model.adapt(blobs[0])
    np.testing.assert_array_equal(
        model.sibling(3).features(blobs[0]), model.features(blobs[0])
    )


def test_a_restart_without_an_objective_is_not_kept(system, blobs, monkeypatch):
    model = make(system)
    found = with_siblings(model, monkeypatch)
    with_objectives(model, [np.nan, 2.0, 1.0, np.nan], monkeypatch)
    model.adapt(blobs[0], restarts={"num": 4, "epochs": 0})
    assert_same(state(model), state(found[2]))


@by_default("dac")
def test_restarts_show_their_progress(system, blobs, capsys):
    model = make(system)
    model.adapt(blobs[0], restarts={"num": 2, "epochs": 1}, verbose=1)
    shown = capsys.readouterr().out
    assert "2/2" in shown and "/training" in shown
    model.adapt(blobs[0], restarts={"num": 2, "epochs": 0})
    assert capsys.readouterr().out == ""


def test_restarts_are_kept_by_their_neighbors(system, blobs, monkeypatch):
    """Of three partitions the true one parts fewest."""
    x, y = blobs
    model = make(system)
    found = with_siblings(model, monkeypatch)
    with_objectives(model, [1.0, 3.0, 2.0], monkeypatch)
    partitions = [np.arange(len(x)) % 3, y, np.zeros(len(x), int)]
    generator = np.random.default_rng(0)
    partitions[0] = generator.permutation(partitions[0])
    monkeypatch.setattr(
        type(model), "assign", lambda self, x: partitions[len(found) - 1]
    )
    restarts = {"num": 3, "epochs": 0, "criterion": "neighbors"}
    model.adapt(x, restarts=restarts)
    assert_same(state(model), state(found[1]))


def test_restarts_that_all_fail(system, blobs, monkeypatch):
    model = make(system)
    with_objectives(model, [np.nan, np.inf], monkeypatch)
    with pytest.raises(ValueError, match="Received: objectives of 2 train"):
        model.adapt(blobs[0], restarts={"num": 2, "epochs": 0})
    assert not model.adapted


@pytest.mark.parametrize(
    ("restarts", "message"),
    [
        ({"num": 2, "epoch": 1}, "Received: restarts={'num': 2, 'epoch': 1}"),
        ({"num": 2, "epochs": 1, "seed": 3}, "Received: restarts="),
        ({"num": 2, "epochs": 1, "samples": 1}, "Received: samples=1$"),
        ({"num": 2, "epochs": 1, "optimizer": 3}, "Received: optimizer=3$"),
        ({"epochs": 1}, "Received: restarts="),
        ({"num": 2, "epochs": 1, "criterion": "ari"}, "d: criterion='ari'$"),
        (3, "Received: restarts=3$"),
        ({"num": 0, "epochs": 1}, "Received: num=0$"),
        ({"num": 2, "epochs": 1.5}, "Received: epochs=1.5$"),
        ({"num": 2, "epochs": 1, "batch_size": 2}, "Received: batch_size=2,"),
    ],
)
def test_bad_restarts_are_met_early(restarts, message, system, blobs):
    model = make(system)
    with pytest.raises(ValueError, match=message):
        model.adapt(blobs[0], restarts=restarts)
    assert not model.built and not model.preprocessor.adapted


def test_restarts_need_a_copy_of_the_augmentation(blobs, monkeypatch):
    """Which is found before what takes long."""
    monkeypatch.setattr(neighbor_radii, "kth_neighbor_distances", None)
    model = IMSAT(3, augmentation=["vat", lambda features: features])
    model.compile()
    with pytest.raises(ValueError, match="registered by.*Received: augment"):
        model.adapt(blobs[0], restarts={"num": 2, "epochs": 1})


def test_restarts_before_compile(system, blobs, monkeypatch):
    monkeypatch.setattr(neighbor_radii, "kth_neighbor_distances", None)
    model = make(system, compiled=False)
    with pytest.raises(ValueError, match="before `adapt`"):
        model.adapt(blobs[0], restarts={"num": 2, "epochs": 1})
    assert not model.built


# === A training that fails ===


class Failing(keras.callbacks.Callback):
    """Fails when a certain epoch begins."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise RuntimeError("failed")


@by_default("dac")
@pytest.mark.parametrize("epoch", [0, 1])
def test_clusters_are_there_after_a_whole_epoch(epoch, system, blobs):
    model = make(system)
    with pytest.raises(RuntimeError, match="failed"):
        fit(model, blobs[0], epochs=2, callbacks=[Failing(epoch)])
    assert model.adapted == (epoch == 1)
    fit(model, blobs[0], epochs=1)
    with pytest.raises(RuntimeError, match="failed"):
        fit(model, blobs[0], epochs=1, callbacks=[Failing(0)])
    assert model.adapted


# === Augmentation ===


def drop_a_feature(features):
    return features[:, 1:]


@pytest.mark.parametrize(
    ("augmentation", "shape", "message"),
    [
        (keras.layers.RandomRotation(0.1), (6,), r"of shape \(6,\)$"),
        (keras.layers.RandomRotation(0.1), (8, 8), r"of shape \(8, 8\)$"),
        (
            keras.Sequential([keras.layers.RandomTranslation(0.1, 0.1)]),
            (8, 8),
            r"of shape \(8, 8\)$",
        ),
        (keras.layers.Dropout(0.5, noise_shape=(3, 3)), (6,), "which raises "),
        (keras.layers.Lambda(drop_a_feature), (6,), r"makes \(2, 5\) of \("),
    ],
)
def test_augmentation_of_other_data(augmentation, shape, message, system):
    x = np.random.default_rng(0).random((40, *shape)).astype("float32")
    model = make(system, shape=shape, augmentation=augmentation)
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        fit(model, x)
    assert not model.built and not model.adapted
    assert not model.preprocessor.adapted and not model.preprocessor.built


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        (drop_a_feature, r"drop_a_feature.* makes \(2, 5\) of \(2, 6\)$"),
        (lambda x: x[..., None] @ x, "lambda.* raises "),
    ],
)
def test_a_function_of_other_data(augmentation, message, blobs):
    model = make("imsat", augmentation=augmentation)
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        fit(model, blobs[0])
    assert not model.built and not model.preprocessor.adapted


def test_the_trial_of_an_augmentation_draws_nothing(system):
    x = np.random.default_rng(0).random((40, 8, 8, 1)).astype("float32")
    layer = keras.layers.RandomRotation(0.1, seed=3)
    before = [variable.numpy() for variable in layer.variables]
    model = make(system, shape=(8, 8, 1), augmentation=layer)
    model.build((None, 8, 8, 1))
    assert_same(before, [variable.numpy() for variable in layer.variables])
    history = fit(model, x, epochs=1).history
    assert np.isfinite(history["loss"]).all()


# === Errors: clear, and nothing is lost ===


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_batch_smaller_than_k(batch_size, system, blobs):
    model = make(system)
    fit(model, blobs[0], epochs=0)
    for verb in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=f"Received: .*={batch_size}, "):
            verb(blobs[0], batch_size=batch_size)
    with pytest.raises(ValueError, match="at least 2"):
        fit(make(system, 1), blobs[0], batch_size=1)


def test_one_sample_is_too_few(system, blobs):
    model = make(system, 1)
    with pytest.raises(ValueError, match="at least 2.*Received: 1 samples$"):
        fit(model, blobs[0][:1])
    assert not model.built
    fit(model, blobs[0][:2], epochs=1)


def test_advice_names_what_the_model_has(system, blobs):
    model = make(system)
    for verb in ("embed", "latent", "predict", "assign", "evaluate"):
        with pytest.raises(ValueError, match=r"yet: call `fit\(x\)` first\.$"):
            getattr(model, verb)(blobs[0])
