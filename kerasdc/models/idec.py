"""Improved deep embedded clustering (IDEC)."""

import keras

from kerasdc.models.bases.reconstructing import Reconstructing
from kerasdc.models.bases.registry import system
from kerasdc.models.bases.replicas import whole_loss
from kerasdc.models.dec import DEC
from kerasdc.utils.arguments import checked_number


@system("idec")
class IDEC(Reconstructing, DEC):
    """Improved deep embedded clustering: DEC that keeps its decoder.

    As `DEC`, but `fit` also trains the decoder: the loss is the
    reconstruction's plus a small share of KL(P || Q), so that clusters do not
    distort what the embedding knows of samples. `reconstruct` shows it.

    Reference:

    - [Guo et al., 2017](https://doi.org/10.24963/ijcai.2017/243), Improved
      Deep Embedded Clustering with Local Structure Preservation.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model` from `(batch, *sample_shape)` to
            `(batch, dim)`. `None` makes the paper's 500-500-2000-10 when
            data is first seen.
        decoder: Optional `keras.Model` from the embedding to samples; to be
            passed with the encoder.
        preprocessor, augmentation, alpha, seed: As in `DEC`. With an
            augmentation, augmented samples are reconstructed.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(200, 16)
    >>> model = kerasdc.models.IDEC(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=2, verbose=0)
    >>> history = model.fit(x, epochs=2, verbose=0)
    >>> model.reconstruct(x).shape
    (200, 16)
    """

    terms = ("clustering", "reconstruction")
    compile_arguments = ("update_interval", "kld_weight")

    # === Functional Model ===

    def call(self, x, training=False):
        if training:
            return self._forward(self.features(x, training), training)
        return super().call(x)

    def _forward(self, features, training=False):
        """Features, what the decoder makes of them, and Q."""
        z = self.encoder(features, training=training)
        outputs = self.decoder(z, training=training)
        return features, outputs, self.clustering(z)

    # === Training ===

    def compile(self, optimizer="auto", kld_weight=0.1, **kwargs):
        """Configures both trainings.

        Args:
            optimizer: Keras optimizer. `"auto"` is the paper's for images,
                Adam(0.001).
            kld_weight: Float, at least 0: weight of KL(P || Q), gamma in the
                paper. That of the reconstruction is 1.
            **kwargs: `loss` and `update_interval` of `DEC.compile`, and
                arguments of `Pretraining.compile`.
        """
        self.kld_weight = checked_number("kld_weight", kld_weight)
        super().compile(optimizer, **kwargs)

    def default_optimizer(self):
        return keras.optimizers.Adam(1e-3)

    # === Losses ===

    def loss_terms(self, x, y, y_pred, training):
        """`L_r + gamma KL(P || Q)`, equation (3)."""
        if not isinstance(y_pred, tuple):  # not training
            y_pred = self._forward(self.features(x))
        features, outputs, q = y_pred
        clustering = whole_loss(self.clustering_loss, y, q)
        return {
            "clustering": self.kld_weight * clustering,
            "reconstruction": self.reconstruction_error(features, outputs),
        }

    def objective(self, x, batch_size=1024, soft_assignment=None):
        """The loss with P made from `x`; see `ClusteringModel`."""
        divergence = self.divergence(x, batch_size, soft_assignment)
        error = self.mean_reconstruction_error(x, batch_size)
        return self.kld_weight * divergence + error
