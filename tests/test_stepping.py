import keras
import numpy as np
import pytest

from kerasdc import networks
from kerasdc.models import DEC
from kerasdc.models.bases.stepping import group_size

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="grouped on TensorFlow"
)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(230, 4)).astype("float32")


def new_model(**kwargs):
    model = DEC(
        3,
        networks.mlp_encoder((4,), (8,), 2),
        networks.mlp_decoder((4,), (8,), 2),
        seed=0,
    )
    model.compile(keras.optimizers.Adam(1e-2), **kwargs)
    return model


class EachStep(keras.callbacks.Callback):
    """Counts the steps it sees."""

    steps = 0

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1


def trained(x, *callbacks, **kwargs):
    """Losses and centers of a short training."""
    keras.utils.set_random_seed(0)
    model = new_model(**kwargs)
    model.pretrain(x, epochs=1, batch_size=32, verbose=0)
    history = model.fit(
        x, epochs=3, batch_size=10, callbacks=list(callbacks), verbose=0
    )
    return history.history["loss"], np.array(model.clustering.centers)


def test_results_do_not_depend_on_groups(x):
    losses, centers = trained(x)
    each = EachStep()
    single_losses, single_centers = trained(x, each)
    assert each.steps == 3 * 23
    np.testing.assert_allclose(losses, single_losses, rtol=1e-6)
    np.testing.assert_allclose(centers, single_centers, rtol=1e-6)


def size(*callbacks, num_steps=100, **kwargs):
    return group_size(new_model(), num_steps, list(callbacks), **kwargs)


def test_grouped_where_nothing_looks_at_single_steps(tmp_path):
    assert size() == size(keras.callbacks.History()) == 25
    assert size(keras.callbacks.TensorBoard(tmp_path)) == 25
    path = tmp_path / "model.keras"
    assert size(keras.callbacks.ModelCheckpoint(path)) == 25
    assert size(keras.callbacks.CSVLogger(tmp_path / "log.csv")) == 25


@pytest.mark.parametrize(
    ("num_steps", "expected"), [(1, 1), (3, 3), (37, 37), (140, 35), (274, 2)]
)
def test_groups_fill_an_epoch(num_steps, expected):
    assert size(num_steps=num_steps) == expected


def test_callbacks_learn_the_last_step_of_a_group(x):
    class Groups(EachStep):
        takes_groups = True
        last = -1

        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self.last = batch

    model, groups = new_model(), Groups()
    model.pretrain(x, epochs=1, verbose=0)
    model.fit(x, epochs=2, batch_size=5, callbacks=[groups], verbose=0)
    assert (groups.steps, groups.last) == (2 * 2, 45)


def test_single_steps_where_a_callback_may_look(tmp_path):
    path = tmp_path / "model.keras"
    for callback in (
        EachStep(),
        keras.callbacks.LambdaCallback(on_train_batch_begin=print),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.TensorBoard(tmp_path, update_freq=1),
        keras.callbacks.ModelCheckpoint(path, save_freq=5),
    ):
        assert size(callback) == 1, callback


def test_what_the_user_chose_stays():
    assert group_size(new_model(steps_per_execution=7), 100, []) == 7
    assert group_size(new_model(run_eagerly=True), 100, []) == 1
    assert size(validation_data=np.zeros((2, 4))) == 1


def test_fits_with_and_without_groups_in_turns(x):
    model = new_model()
    model.pretrain(x, epochs=1, verbose=0)
    for _ in range(2):
        model.fit(x, epochs=1, batch_size=10, verbose=0)
        assert model.steps_per_execution == 1
        each = EachStep()
        model.fit(x, epochs=1, batch_size=10, callbacks=[each], verbose=0)
        assert each.steps == 23
        assert np.isfinite(model.evaluate(x, verbose=0))


def test_the_loss_of_an_epoch_is_the_mean_over_all_its_steps(x):
    """Not that of the last step of each group."""
    model = new_model()
    model.pretrain(x, epochs=1, verbose=0)
    model.adapt(x)
    model.optimizer.learning_rate.assign(0.0)
    mean = model.fit(x, batch_size=10, epochs=1, verbose=0).history["loss"]
    whole = model.fit(x, batch_size=230, epochs=1, verbose=0).history["loss"]
    np.testing.assert_allclose(mean, whole, rtol=1e-4)
