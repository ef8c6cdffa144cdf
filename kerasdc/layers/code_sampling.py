"""Noise and codes, from which a generator makes samples."""

import keras
import numpy as np
from keras import ops

from kerasdc.layers.seeded import Seeded
from kerasdc.utils.arguments import as_floats
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import checked_seed
from kerasdc.utils.array_checks import requested_clusters


@keras.saving.register_keras_serializable(package="kerasdc")
class CodeSampling(Seeded, keras.layers.Layer):
    """Draws noise, a cluster and continuous codes.

    Noise and codes are uniform from -1 to 1; all clusters are as probable.

    Reference:

    - [Chen et al., 2016](https://arxiv.org/abs/1606.03657), section 7.2.

    Args:
        num_clusters: Integer, at least 1.
        num_codes: Integer, at least 0, continuous codes.
        noise_dim: Integer, at least 1.
        seed: Optional integer for repeatable draws.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Call arguments:
        inputs: Tensor `(batch, ...)`, of which the length counts.

    Returns:
        Float32 tensor `(batch, noise_dim + num_clusters + num_codes)`: noise,
        the cluster as one of so many ones, codes. See `parts`.
    """

    def __init__(
        self, num_clusters, num_codes=2, noise_dim=62, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.num_clusters = checked_count("num_clusters", num_clusters)
        self.num_codes = checked_count("num_codes", num_codes, 0)
        self.noise_dim = checked_count("noise_dim", noise_dim)
        self.seed = checked_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    @property
    def dim(self):
        """Width of what is drawn."""
        return self.noise_dim + self.num_clusters + self.num_codes

    def call(self, inputs):
        batch, draws = ops.shape(inputs)[0], self.seed_generator
        uniform = keras.random.uniform(
            (batch, self.noise_dim + 1 + self.num_codes),
            dtype="float32",
            seed=draws,
        )
        noise = 2.0 * uniform[:, : self.noise_dim] - 1.0
        place = self.num_clusters * uniform[:, self.noise_dim]
        cluster = ops.minimum(ops.cast(place, "int32"), self.num_clusters - 1)
        codes = 2.0 * uniform[:, self.noise_dim + 1 :] - 1.0
        clusters = ops.one_hot(cluster, self.num_clusters)
        return ops.concatenate([noise, clusters, codes], axis=1)

    def parts(self, drawn):
        """Clusters and codes of what was drawn.

        Args:
            drawn: Tensor `(batch, dim)`.

        Returns:
            Tuple of tensors `(batch, num_clusters)` and
            `(batch, num_codes)`.
        """
        end = self.noise_dim + self.num_clusters
        return drawn[:, self.noise_dim : end], drawn[:, end:]

    def chosen(self, num, cluster=None, codes=None, seed=None):
        """As `call`, in NumPy, with clusters or codes of the caller.

        Args:
            num: Integer.
            cluster: Optional integer or integer array `(num,)`.
            codes: Optional array `(num_codes,)` or `(num, num_codes)`, from
                -1 to 1 where training has been.
            seed: Optional integer.

        Returns:
            Float32 array `(num, dim)`.

        Raises:
            ValueError: If there is no such cluster, or the codes have another
                shape or are not finite.
        """
        num = checked_count("num", num)
        generator = np.random.default_rng(checked_seed(seed))
        noise = generator.uniform(-1, 1, (num, self.noise_dim))
        drawn = generator.integers(self.num_clusters, size=num)
        uniform = generator.uniform(-1, 1, (num, self.num_codes))
        if cluster is not None:
            drawn = requested_clusters(cluster, num, self.num_clusters)
        if codes is not None:
            uniform = self._checked_codes(codes, num)
        rows = [noise, np.eye(self.num_clusters)[drawn], uniform]
        return np.concatenate(rows, axis=1).astype("float32")

    def _checked_codes(self, codes, num):
        codes = as_floats(codes)
        shapes = ((self.num_codes,), (num, self.num_codes))
        if codes.shape not in shapes or not np.isfinite(codes).all():
            raise ValueError(
                f"`codes` must be finite, of shape {shapes[0]} or {shapes[1]}."
                f" Received: codes of shape {codes.shape}"
            )
        return np.broadcast_to(codes, shapes[1])

    def get_config(self):
        own = {
            name: getattr(self, name)
            for name in ("num_clusters", "num_codes", "noise_dim", "seed")
        }
        return {**super().get_config(), **own}
