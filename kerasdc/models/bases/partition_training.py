"""Training an encoder and a layer of clusters towards given clusters."""

import keras

from kerasdc.algorithms.graph_partitions import neighbor_shares
from kerasdc.losses import kl_divergence
from kerasdc.models.bases.parts import features_of
from kerasdc.models.bases.stepping import stepping
from kerasdc.targets import ShuffledBatches

_BATCH_SIZE = 256
_RATE = 1e-3  # falls to 0 along a cosine


def train_on_partition(model, layer, x, graph, clusters, epochs, seed, verbose):
    """Trains a model's encoder, and its layer, to give samples their clusters.

    Towards the clusters of each sample and of its neighbors, without labels:
    see `neighbor_shares`.

    Args:
        model: Model with an encoder, built.
        layer: Layer from the embedding to soft assignments, adapted.
        x: Prepared training data.
        graph: SciPy sparse matrix `(n, n)`.
        clusters: Integer array `(n,)`.
        epochs: Integer, passes over the data.
        seed: Integer, of the order of batches.
        verbose: As in `keras.Model.fit`.
    """
    batches = ShuffledBatches(
        x,
        neighbor_shares(graph, clusters, layer.num_clusters),
        _BATCH_SIZE,
        seed=seed,
    )
    num_steps = max(epochs * len(batches), 1)
    rate = keras.optimizers.schedules.CosineDecay(_RATE, num_steps)
    learner = _Learner(model, layer)
    learner.compile(keras.optimizers.Adam(rate), loss=kl_divergence)
    with stepping(
        learner, batches, [], epochs=epochs, verbose=verbose
    ) as arguments:
        learner.fit(**arguments)


class _Learner(keras.Model):
    """The parts of a model that a sample passes on its way to clusters."""

    def __init__(self, model, layer):
        super().__init__(name="partition_learner")
        self.encoder, self.layer = model.encoder, layer
        self.preprocessor = model.preprocessor
        self.augmentation = model.augmentation
        self.built = True

    def call(self, x, training=False):
        features = features_of(self, x, training)
        return self.layer(self.encoder(features, training=training))
