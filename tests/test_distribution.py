"""Under a strategy of TensorFlow, of one device: what plain Keras can do."""

import keras
import pytest
import systems

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="strategies are its own"
)


@tensorflow_only
@pytest.mark.parametrize("system", systems.by_default("dec"))
def test_a_model_is_trained_in_the_strategy_it_was_made_in(system, blobs):
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = systems.make(system)
    history = systems.train(model, blobs[0])
    assert len(history["loss"]) == 1
    assert model.distribute_strategy is strategy
    assert len(model.predict(blobs[0], verbose=0)) == len(blobs[0])


@tensorflow_only
def test_trainings_inside_adapt_are_in_that_strategy(blobs):
    """Of initial clusters, of triplets, and of a decoder alone."""
    import tensorflow as tf

    x = blobs[0]
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = systems.make("idec")
    systems.pretrain(model, x, epochs=1)
    found = model.adapt(x, learned_epochs=1)
    assert len(found) == len(x)
    start = {"method": "graph_linkage", "num_neighbors": 7}
    found = model.adapt(x, triplet_epochs=1, decoder_epochs=1, **start)
    assert len(found) == len(x)
