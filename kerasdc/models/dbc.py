"""Discriminatively boosted clustering (DBC)."""

from kerasdc import networks
from kerasdc.models.bases.registry import system
from kerasdc.models.dec import DEC
from kerasdc.networks.shapes import is_image
from kerasdc.utils.arguments import checked_number


@system("dbc")
class DBC(DEC):
    """Discriminatively boosted clustering of images.

    As `DEC`, with two differences. The autoencoder is convolutional, with
    pooling and batch normalization. And targets are the assignments, raised
    to a power and normalized for each sample, `r_ij = s_ij^a / sum_j'
    s_ij'^a`: large clusters do not count less.

    Reference:

    - [Li et al., 2018](https://arxiv.org/abs/1703.07980), Discriminatively
      Boosted Image Clustering with Fully Convolutional Auto-Encoders.

    Args:
        num_clusters: Integer, at least 1.
        encoder: Optional `keras.Model`, as in `DEC`. `None` makes
            `kerasdc.networks.pooled_encoder` for images, and DEC's for other
            data, when data is first seen.
        decoder, preprocessor, augmentation, alpha, seed: As in `DEC`.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Example:

    >>> x = np.random.rand(50, 8, 8)
    >>> model = kerasdc.models.DBC(num_clusters=3)
    >>> model.compile()
    >>> model.pretrain(x, epochs=1, verbose=0)
    >>> history = model.fit(x, epochs=1, verbose=0)
    >>> model.assign(x).shape
    (50,)
    """

    compile_arguments = ("update_interval", "boost")
    boost = 2.0  # until compiled

    # === Functional Model ===

    def default_networks(self, shape):
        if not is_image(shape):
            return super().default_networks(shape)
        return networks.pooled_encoder(shape), networks.pooled_decoder(shape)

    # === Training ===

    def compile(self, optimizer="auto", boost=2.0, **kwargs):
        """Configures both trainings.

        Args:
            optimizer: As in `DEC.compile`.
            boost: Float, at least 1, the power of assignments in targets.
            **kwargs: Further arguments of `DEC.compile`.
        """
        self.boost = checked_number("boost", boost, 1)
        super().compile(optimizer, **kwargs)

    @property
    def target_powers(self):
        return self.boost, 0.0
