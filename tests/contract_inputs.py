"""What every registered system takes, and what it refuses unchanged."""

import keras
import numpy as np
import pytest
import systems
from data_forms import BAD
from data_forms import FORMS
from data_forms import Batches
from data_forms import dataset
from states import assert_same
from states import state
from systems import fit
from systems import make

from kerasdc import ClusteringMetrics

pytestmark = pytest.mark.usefixtures("eagerly")

VERBS = ("pretrain", "adapt", "fit")
ASKING = ("predict", "embed", "latent", "objective", "evaluate", "log_prob")


def verbs_of(model, names):
    """Those of the methods that the model has."""
    return [
        getattr(model, name)
        for name in names
        if hasattr(model, name)
        and (name != "pretrain" or systems.can_pretrain(model))
    ]


# === Forms of data ===


# Of each round: what `pretrain`, `adapt`, `fit` and the rest are given. Rounds
# after the first are of what all systems share.
ROUNDS = [
    ("list", "frame", "sparse", "tf.data"),
    ("PyDataset", "float64", "tf.data", "float16"),
    ("columns first", "prepared", "frame", "PyDataset"),
    ("prepared", "read only", "PyDataset", "list"),
]


def in_one_step(system, forms):
    """A model trained in one step, and what it says; of `(4,)` inputs."""
    model = make(system)
    systems.pretrain(model, forms[0], batch_size=90)
    systems.adapt(model, forms[1], 90)
    fit(model, forms[2], batch_size=90, validation_data=forms[3])
    objective = model.objective(forms[3])
    return model, model.predict(forms[3], verbose=0), objective


@pytest.fixture(scope="session")
def on_array(system, blobs):
    with systems.eager():
        return in_one_step(system, [blobs[0]] * 4)


@pytest.mark.by_default("dec", "imsat", "tsne")
@pytest.mark.parametrize("forms", ROUNDS[:1], ids="-".join)
def test_forms_of_data_give_the_same(forms, system, blobs, on_array):
    check_forms(forms, system, blobs, on_array)


@pytest.mark.by_default("dec")
@pytest.mark.parametrize("forms", ROUNDS[1:], ids="-".join)
def test_every_form_of_data_gives_the_same(forms, system, blobs, on_array):
    check_forms(forms, system, blobs, on_array)


def check_forms(forms, system, blobs, on_array):
    changes = FORMS | {"prepared": make(system).prepare}
    data, again = ([changes[f](blobs[0]) for f in forms] for _ in range(2))
    model, *found = in_one_step(system, data)
    assert_same(state(model), state(on_array[0]))
    assert_same(found, on_array[1:])
    for x, same in zip(data, again, strict=True):
        if isinstance(x, np.ndarray):  # users' data is left alone
            np.testing.assert_array_equal(x, same)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_input(form, trained, blobs):
    found = trained.as_inputs(FORMS[form](blobs[0]))
    np.testing.assert_array_equal(found, blobs[0])


@pytest.fixture(scope="session")
def whole(trained, blobs):
    """What the trained model says of all samples."""
    with systems.eager():
        return systems.outputs(trained, blobs[0])


@pytest.mark.by_default("dac", "dec", "tsne")
def test_one_sample_and_few(trained, system, blobs, whole):
    x = blobs[0]
    for few in (x[:1], x[:2].tolist()):
        for name, found in systems.outputs(trained, few).items():
            expected = whole[name][: len(few)]
            np.testing.assert_allclose(found, expected, 1e-4, 1e-3)
    if systems.has_clusters(system):
        assert trained.assign(x[:1]).shape == (1,)
    with pytest.raises(ValueError, match=r"one sample is `x\[None\]`"):
        trained.predict(x[0])


@pytest.mark.by_default("dec", "tsne")
def test_what_trains_nothing_leaves_labels_out(trained, blobs, whole):
    for labeled in (dataset(*blobs), Batches(*blobs)):
        found = systems.outputs(trained, labeled)
        assert_same(found.values(), whole.values())


# === Refused, and nothing is changed ===


@pytest.fixture(scope="session")
def untouched(system):
    """A model that has seen nothing, and shall not."""
    return make(system)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("verb", VERBS)
def test_bad_data(verb, kind, untouched, blobs):
    change, message = BAD[kind]
    before = systems.snapshot(untouched)
    for call in verbs_of(untouched, [verb]):
        with pytest.raises(ValueError, match=message):
            call(change(blobs[0]))
        systems.assert_unchanged(untouched, before)
    assert not untouched.built and not untouched.preprocessor.adapted


@pytest.mark.parametrize("verb", VERBS)
def test_too_few_samples(verb, system, untouched, blobs):
    x = blobs[0]
    few = {"Received: 1 samples": x[:1]}
    if systems.has_clusters(system):
        few = {
            "Received: 2 samples, 2 of them distinct": x[:2],
            "Received: 18 samples, 2 of them distinct": x[[0, 1] * 9],
        }
    before = systems.snapshot(untouched)
    for call in verbs_of(untouched, [verb]):
        for message, samples in few.items():
            with pytest.raises(ValueError, match=message):
                call(samples)
    systems.assert_unchanged(untouched, before)


@pytest.mark.parametrize("verb", [*VERBS, *ASKING, "assign", "reconstruct"])
@pytest.mark.parametrize("kind", BAD)
def test_bad_data_after_training(kind, verb, trained, blobs):
    change, message = BAD[kind]
    if verb == "reconstruct" and trained.decoder is None:
        pytest.skip("has no decoder")
    before = systems.snapshot(trained)
    for call in verbs_of(trained, [verb]):
        with pytest.raises(ValueError, match=message) as error:
            call(change(blobs[0]))
        if kind == "narrow":
            assert error.match(r"shape \(n, 6\).*\(90, 5\)$")
    systems.assert_unchanged(trained, before)


@pytest.mark.parametrize(
    "call",
    [
        lambda model, x, y: model.fit(x, y),
        lambda model, x, y: model.fit(x, y=y),
        lambda model, x, y: model.fit(dataset(x, y)),
        lambda model, x, y: model.fit(Batches(x, y)),
        lambda model, x, y: model.fit(x, validation_data=(x, y)),
        lambda model, x, y: model.adapt(dataset(x, y)),
        lambda model, x, y: model.evaluate(x, y),
        lambda model, x, y: model.pretrain(x, y=y),
        lambda model, x, y: model.pretrain(dataset(x, y)),
        lambda model, x, y: model.pretrain(x, validation_data=(x, y)),
    ],
)
def test_labels_are_refused(call, trained, blobs):
    before = systems.snapshot(trained)
    names = call.__code__.co_names
    if "pretrain" in names and not systems.can_pretrain(trained):
        pytest.skip("nothing to pretrain")
    with pytest.raises(ValueError, match="Received: .*y of type"):
        call(trained, *blobs)
    systems.assert_unchanged(trained, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": -1}, "Received: epochs=-1$"),
        ({"epochs": 1.5}, "Received: epochs=1.5$"),
        ({"batch_size": 0}, "Received: batch_size=0"),
        ({"batch_size": "32"}, "Received: batch_size='32'"),
    ],
)
@pytest.mark.parametrize("verb", ["pretrain", "fit"])
def test_bad_arguments(verb, arguments, message, untouched, blobs):
    before = systems.snapshot(untouched)
    for call in verbs_of(untouched, [verb]):
        with pytest.raises(ValueError, match=message):
            call(blobs[0], verbose=0, **arguments)
    systems.assert_unchanged(untouched, before)


@pytest.mark.parametrize("verb", ["pretrain", "fit"])
def test_bad_arguments_that_the_data_tell(verb, system, blobs):
    """They are met when the model is built."""
    model = make(system)
    for call in verbs_of(model, [verb]):
        with pytest.raises(ValueError, match=r"Received: .* \(40, 5\)"):
            call(blobs[0], verbose=0, validation_data=np.ones((40, 5)))
        with pytest.raises(ValueError, match="Received: 3 among them$"):
            call(blobs[0], verbose=0, callbacks=[3])
    assert not model.adapted
    assert not systems.can_pretrain(model) or not model.pretrained


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"initial_epoch": "a"}, "Received: initial_epoch='a'$"),
        ({"validation_freq": 0}, "Received: validation_freq=0$"),
        ({"validation_data": ()}, "Received: a tuple of shape"),
    ],
)
def test_bad_arguments_of_fit(arguments, message, untouched, blobs):
    before = systems.snapshot(untouched)
    with pytest.raises(ValueError, match=message):
        fit(untouched, blobs[0], **arguments)
    systems.assert_unchanged(untouched, before)


def test_bad_labels_of_callbacks(system, blobs):
    if not systems.has_clusters(system):
        pytest.skip(f"{system} has no clusters")
    model = make(system)
    for callback, message in (
        (ClusteringMetrics(None, [0, 1]), "Received: 90 samples, 2 labels"),
        (
            ClusteringMetrics(np.ones((2, 5)), [0, 1]),
            r"Received: x of shape \(2, 5\)",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            fit(model, blobs[0], callbacks=[callback])
    assert not model.adapted


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "3", True])
@pytest.mark.parametrize("verb", ["predict", "assign", "embed", "reconstruct"])
def test_bad_batch_size_of_predictions(verb, batch_size, trained, blobs):
    if verb == "reconstruct" and trained.decoder is None:
        pytest.skip("has no decoder")
    for call in verbs_of(trained, [verb]):
        with pytest.raises(
            ValueError, match=f"Received: batch_size={batch_size!r}"
        ):
            call(blobs[0], batch_size=batch_size)


@pytest.mark.parametrize("name", ["steps_per_epoch", "class_weight"])
def test_what_fit_cannot_honor_is_no_argument(name, trained, blobs):
    with pytest.raises(TypeError, match=name):
        trained.fit(blobs[0], **{name: 2})


@pytest.mark.parametrize("value", [0, 1.5, True, -3])
def test_bad_numbers_of_clusters(value, system):
    if not systems.has_clusters(system):
        pytest.skip(f"{system} has no clusters")
    with pytest.raises(ValueError, match=f"Received: num_clusters={value!r}$"):
        systems.SYSTEMS[system](value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "Received: seed=-1$"),
        ({"seed": 2**32}, f"Received: seed={2**32}$"),
        ({"preprocessor": "none"}, "Received: preprocessor='none'$"),
        ({"preprocessor": 3}, "Received: preprocessor=3$"),
        ({"encoder": "mlp"}, "keras.Model.* Received: encoder="),
        ({"encoder": 3}, "keras.Model.* Received: encoder="),
        ({"encoder": keras.layers.Dense(2)}, "keras.Model.* Received: encoder"),
    ],
)
def test_bad_constructors(arguments, message, system):
    arguments = systems.networks(system) | arguments
    with pytest.raises(ValueError, match=message):
        make(system, **arguments)


@pytest.mark.parametrize("verb", ["fit", "pretrain", "evaluate"])
def test_before_compile(verb, system, blobs):
    model = make(system, compiled=False)
    for call in verbs_of(model, [verb]):
        with pytest.raises(ValueError, match=f"before `{verb}`"):
            call(blobs[0])
    assert not model.built


def test_optimizers_are_needed(system):
    model = make(system, compiled=False)
    for name in systems.optimizers(model):
        with pytest.raises(ValueError, match=f"Received: {name}=None$"):
            model.compile(**{name: None})


def test_before_any_training(untouched, system, blobs):
    for call in verbs_of(untouched, [*ASKING, "assign"]):
        with pytest.raises(ValueError, match=r"first\."):
            call(blobs[0])
    assert not untouched.built


def test_encoders_that_are_not_flat(system, blobs):
    flat = [keras.Input((6,)), keras.layers.Reshape((3, 2))]
    arguments = systems.networks(system) | {"encoder": keras.Sequential(flat)}
    model = make(system, **arguments)
    with pytest.raises(ValueError, match=r"Received: .*\(3, 2\)"):
        fit(model, blobs[0])
    assert not model.built and not model.preprocessor.adapted
