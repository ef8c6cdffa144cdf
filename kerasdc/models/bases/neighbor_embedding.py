"""An encoder trained on the graph of its data's neighbors."""

import keras
from keras import ops

from kerasdc import losses
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.neighbor_graph import similarity_curve
from kerasdc.models.bases.autoencoder import Autoencoder
from kerasdc.models.bases.data_graph import neighbor_features
from kerasdc.models.bases.parts import features_of
from kerasdc.models.bases.scopes import drawing_from
from kerasdc.models.bases.scopes import strategy_scope
from kerasdc.targets import NeighborPairs
from kerasdc.utils.arguments import checked_count

STEPS_PER_EPOCH = 100
LARGE_BATCH = 2048  # samples: 1,024 edges
_CODE_DIM = 10
_SMALLEST_BATCH = 4  # two edges: each end then has one other to be far from
_MOST_NEGATIVES = 8  # pairs that repel each other, to one edge


@keras.saving.register_keras_serializable(package="kerasdc")
class NeighborEmbedding(Autoencoder):
    """An encoder whose outputs are near for neighbors: parametric UMAP.

    The graph of neighbors is found in the features of all samples, once. A
    batch consists of edges, drawn by their weight: their ends attract each
    other, while the first end of each repels the second ends of eight others.

    A decoder, if there is one, learns to reproduce samples from the code; no
    gradient of it reaches the encoder.

    References:

    - [McInnes et al., 2018](https://arxiv.org/abs/1802.03426), UMAP: Uniform
      Manifold Approximation and Projection.
    - [Sainburg et al., 2021](https://arxiv.org/abs/2009.12981), Parametric
      UMAP Embeddings for Representation and Semi-supervised Learning.

    Args:
        encoder: `keras.Model` from features to `(batch, latent_dim)`.
        decoder: Optional `keras.Model` from there to features.
        preprocessor: Optional layer from raw inputs to features.
        augmentation: Optional layer applied to features in training; the
            graph is that of clean ones.
        num_neighbors: Integer, at least 1, neighbors of each sample.
        min_dist: Float from 0 to 2, as in UMAP; 0 makes the densest clusters.
        **kwargs: `reconstruction_loss` and `seed` of `Autoencoder`, and
            arguments of `keras.Model`, such as `name`.

    Example:

    >>> encoder = kerasdc.networks.mlp_encoder((64,), units=(32,))
    >>> model = kerasdc.models.NeighborEmbedding(encoder)
    >>> model.compile("adam")
    >>> history = model.fit(np.random.rand(100, 64), epochs=2, verbose=0)
    """

    def __init__(
        self,
        encoder,
        decoder=None,
        preprocessor=None,
        augmentation=None,
        num_neighbors=10,
        min_dist=0.0,
        **kwargs,
    ):
        # === Layers ===
        super().__init__(encoder, decoder, preprocessor, augmentation, **kwargs)
        self.num_neighbors = checked_count("num_neighbors", num_neighbors)
        self.min_dist = min_dist
        self._curve = similarity_curve(min_dist)
        self._num_negatives = _MOST_NEGATIVES
        self._steps_per_epoch, self._graph = STEPS_PER_EPOCH, None

    # === Functional Model ===

    def call(self, x, training=False):
        features = features_of(self, x, training)
        z = self.encoder(features, training=training)
        if not training:
            return z
        first, second = ops.split(ops.cast(z, "float32"), 2)
        loss = losses.edge_cross_entropy(
            first, second, *self._curve, self._num_negatives
        )
        self.add_loss(loss)
        if self.decoder is not None:
            self.reconstruct(features, ops.stop_gradient(z), training)
        return z

    # === Training ===

    def fit(
        self,
        x=None,
        y=None,
        steps_per_epoch=STEPS_PER_EPOCH,
        graph=None,
        **kwargs,
    ):
        """Trains by the edges of the neighbor graph of `x`.

        Args:
            x: Training samples, as in `Autoencoder.fit`, at least 2.
            y: Must be `None`.
            steps_per_epoch: Integer: an epoch is so many batches of edges,
                whatever the number of samples.
            graph: Optional SciPy sparse CSR matrix `(n, n)`, the graph to
                use, symmetric. `None` is `fuzzy_neighbor_graph` of the
                features.
            **kwargs: As in `Autoencoder.fit`; `batch_size` counts samples,
                two to each edge, and is at least 4.

        Returns:
            The `History`.

        Raises:
            ValueError: If an argument is not usable.
        """
        check_options(
            kwargs.get("batch_size") or 32,
            steps_per_epoch,
            kwargs.get("validation_data"),
        )
        self._steps_per_epoch, self._graph = steps_per_epoch, graph
        return super().fit(x, y, **kwargs)

    def training_batches(self, x, batch_size, shuffle=True):
        """Pairs of neighbors; see `Autoencoder.training_batches`."""
        self._set_negatives(batch_size // 2)
        graph = self._graph
        if graph is None:
            features = neighbor_features(x, self.preprocessor)
            graph = fuzzy_neighbor_graph(features, self.num_neighbors)
        return NeighborPairs(
            x,
            graph,
            batch_size,
            steps_per_epoch=self._steps_per_epoch,
            seed=self.draw_seed(),
            count_steps=self.count_steps,
        )

    def _set_negatives(self, num_edges):
        before = self._num_negatives
        self._num_negatives = min(_MOST_NEGATIVES, num_edges - 1)
        if self._num_negatives != before:
            self.train_function = None  # Keras compiles another

    @staticmethod
    def optimizer_for(num_steps):
        """Adam, whose learning rate falls to 0 along a cosine.

        Args:
            num_steps: Integer, of the whole training.

        Returns:
            A Keras optimizer.
        """
        rate = keras.optimizers.schedules.CosineDecay(3e-3, max(num_steps, 1))
        return keras.optimizers.Adam(rate)

    # === Config ===

    def get_config(self):
        own = {"num_neighbors": self.num_neighbors, "min_dist": self.min_dist}
        return {**super().get_config(), **own}


def codes_of_neighbors(model, x, graph, epochs, seed, verbose):
    """Trains a model's encoder to bring neighbors together.

    It is followed by a linear layer of few outputs, which are far better
    points than the many features that a classifier is made of.

    Args:
        model: `EncoderModel`, built.
        x: Prepared training data.
        graph: SciPy sparse matrix `(n, n)`, of their neighbors.
        epochs: Integer, at least 1, each of 100 steps.
        seed: Integer, of the layer and of the order of edges.
        verbose: As in `keras.Model.fit`.

    Returns:
        Float array `(n, 10)`, outputs of that layer.
    """
    num_steps = epochs * STEPS_PER_EPOCH
    with strategy_scope(model), drawing_from(seed):
        layer = keras.layers.Dense(_CODE_DIM, dtype="float32", name="code")
        encoder = keras.Sequential([model.encoder, layer])
        encoder.build(model.encoder.input_shape)
        network = NeighborEmbedding(
            encoder, preprocessor=model.preprocessor, seed=seed
        )
        network.compile(NeighborEmbedding.optimizer_for(num_steps))
    network.fit(
        x,
        graph=graph,
        epochs=epochs,
        steps_per_epoch=STEPS_PER_EPOCH,
        batch_size=LARGE_BATCH,
        verbose=verbose,
    )
    return network.predict(x, batch_size=1024, verbose=0)


def check_options(batch_size, steps_per_epoch, validation_data):
    """Raises `ValueError` if `NeighborEmbedding.fit` could not follow them.

    Args:
        batch_size: Integer.
        steps_per_epoch: Integer.
        validation_data: What the caller passed.
    """
    checked_count("batch_size", batch_size, _SMALLEST_BATCH)
    checked_count("steps_per_epoch", steps_per_epoch)
    if validation_data is not None:
        raise ValueError(
            "Which other samples are neighbors is not known: an embedding of "
            "neighbors takes no `validation_data`. Received: "
            f"validation_data of type {type(validation_data).__name__}"
        )
