"""Training an encoder towards given clusters, or groups of samples."""

import keras
from scipy import sparse

from kerasdc.algorithms.graph_partitions import neighbor_shares
from kerasdc.losses import cluster_triplets
from kerasdc.losses import kl_divergence
from kerasdc.models.bases.augmenting import distorted
from kerasdc.models.bases.augmenting import kinds_of
from kerasdc.models.bases.parts import features_of
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.models.bases.stepping import stepping
from kerasdc.targets import GroupMates
from kerasdc.targets import ShuffledBatches
from kerasdc.utils.tensors import unit_rows

_BATCH_SIZE = 256
_NUM_PAIRS = 50  # of a batch of triplets, as in JULE
_RATE = 1e-3  # falls to 0 along a cosine


def train_on_partition(model, layer, x, graph, clusters, epochs, seed, verbose):
    """Trains a model's encoder, and its layer, to give samples their clusters.

    Towards the clusters of each sample and of its neighbors, without labels:
    see `neighbor_shares`.

    Args:
        model: Model with an encoder, built.
        layer: Layer from the embedding to soft assignments.
        x: Prepared training data.
        graph: SciPy sparse matrix `(n, n)`, or `None`: no sample has
            neighbors.
        clusters: Integer array `(n,)`.
        epochs: Integer, passes over the data.
        seed: Integer, of the order of batches.
        verbose: As in `keras.Model.fit`.
    """
    if graph is None:
        graph = sparse.csr_matrix((len(x), len(x)))
    shares = neighbor_shares(graph, clusters, model.num_clusters)
    batches = ShuffledBatches(x, shares, _BATCH_SIZE, seed=seed)
    _train(model, layer, batches, kl_divergence, epochs, verbose)


def train_by_triplets(model, x, groups, epochs, seed, verbose):
    """Trains a model's encoder so that samples of a group come together.

    Directions of its outputs count, not their lengths.

    Reference:

    - [Yang et al., 2016](https://arxiv.org/abs/1604.03628), Joint Unsupervised
      Learning of Deep Representations and Image Clusters, equation (8).

    Args:
        model, x, epochs, seed, verbose: As in `train_on_partition`.
        groups: Integer array `(n,)`, more groups than there are clusters.
    """
    batches = GroupMates(x, groups, _NUM_PAIRS, seed=seed)
    _train(model, unit_rows, batches, _triplets, epochs, verbose)


def _triplets(groups, z):
    return cluster_triplets(z, groups)


def _train(model, layer, batches, loss, epochs, verbose):
    num_steps = max(epochs * len(batches), 1)
    with strategy_scope(model):
        learner = _Learner(model, layer)
        rate = keras.optimizers.schedules.CosineDecay(_RATE, num_steps)
        learner.compile(keras.optimizers.Adam(rate), loss=loss)
        with stepping(
            learner, batches, [], epochs=epochs, verbose=verbose
        ) as arguments:
            learner.fit(**arguments)


class _Learner(keras.Model):
    """The parts of a model that a sample passes, and what follows them."""

    def __init__(self, model, layer):
        super().__init__(name="partition_learner")
        self.encoder, self.layer = model.encoder, layer
        self.preprocessor = model.preprocessor
        kinds = kinds_of(model.augmentation)
        self.distortions = [kind for kind in kinds if callable(kind)]
        self.built = True

    def call(self, x, training=False):
        features = features_of(self, x)
        for distortion in self.distortions if training else []:
            features = distorted(distortion, features)
        return self.layer(self.encoder(features, training=training))
