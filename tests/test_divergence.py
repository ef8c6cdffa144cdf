import keras
import numpy as np
import pytest
import systems
from states import assert_same
from states import state

HUGE = 1e30
PRETRAINED = systems.by_default("dec", of=("dec", "vade", "embedding"))


@pytest.mark.parametrize("system", systems.by_default("dec", "imsat"))
def test_a_fit_that_diverges_leaves_the_model_as_it_was(system, blobs):
    model = systems.make(system)
    with systems.eager():
        systems.train(model, blobs[0], batch_size=90)
        before, steps = state(model), int(model.optimizer.iterations)
        with pytest.warns(UserWarning, match="diverged in epoch 1.*nan"):
            history = systems.fit(
                model, blobs[0], epochs=4, callbacks=[Explode()]
            )
    assert len(history["loss"]) == 1
    assert_same(state(model), before)
    assert int(model.optimizer.iterations) == steps


class Explode(keras.callbacks.Callback):
    """What a division by zero in a user's own layer would do."""

    def on_train_batch_begin(self, batch, logs=None):
        for weight in self.model.trainable_weights:
            weight.assign(np.full(weight.shape, np.nan))


@pytest.mark.parametrize("system", PRETRAINED)
def test_a_diverged_pretraining_does_not_count(system, blobs):
    model = systems.make(system)
    model.compile(pretrain_optimizer=keras.optimizers.SGD(HUGE))
    with systems.eager(), pytest.warns(UserWarning, match="learning rate"):
        history = model.pretrain(blobs[0], 5, batch_size=30, verbose=0)
    assert not np.isfinite(history.history["loss"][-1])
    assert not model.pretrained
    assert all(np.isfinite(weight).all() for weight in state(model))
    with systems.eager(), pytest.warns(UserWarning, match="diverged"):
        with pytest.raises(ValueError, match="pretraining diverged"):
            model.fit(blobs[0], epochs=1, verbose=0)
    # A smaller rate, and it goes on.
    model.compile()
    with systems.eager():
        systems.train(model, blobs[0], batch_size=90)


@pytest.mark.parametrize("name", ["sample_weight", "class_weight"])
def test_weights_of_samples_are_refused(name, blobs):
    model = systems.make("dec")
    with pytest.raises(ValueError, match=f"Received: {name}"):
        model.pretrain(blobs[0], verbose=0, **{name: {0: 1.0}})
    assert not model.pretrained


@pytest.mark.parametrize("last", ["pooling", "flatten"])
def test_an_encoder_without_a_dense_end_fails_before_training(last, blobs):
    layers = keras.layers
    head = {
        "pooling": layers.GlobalAveragePooling1D(),
        "flatten": layers.Flatten(),
    }[last]
    inputs = keras.Input((6,))
    hidden = layers.Conv1D(2, 1)(layers.Reshape((6, 1))(inputs))
    encoder = keras.Model(inputs, head(hidden))
    decoder = systems.dense(encoder.output_shape[1:], 4, 6, None)
    model = systems.make("vade", encoder=encoder, decoder=decoder)
    with pytest.raises(ValueError, match="put a `Dense` layer last"):
        model.pretrain(blobs[0], epochs=1, verbose=0)
