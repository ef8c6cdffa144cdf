"""Clustering models that generate samples of codes."""

import numpy as np
from keras import ops

from kerasdc.models.bases.served_generation import generation_specs
from kerasdc.models.bases.served_generation import served_cluster
from kerasdc.utils.arguments import checked_count


class CodeGeneration:
    """A mixin of clustering models: they generate samples of codes.

    A system sets `codes`, a `CodeSampling`, and `generator`, a network from
    what it draws to features.
    """

    def generate(self, num, cluster=None, codes=None, seed=None):
        """Draws new samples.

        Args:
            num: Integer, number of samples.
            cluster: Optional integer, or integer array `(num,)`. `None` draws
                it, too.
            codes: Optional array `(num_codes,)` or `(num, num_codes)`, from
                -1 to 1. `None` draws them.
            seed: Optional integer that makes it repeatable.

        Returns:
            Float array `(num, ...)` in the scale and shape of raw inputs.

        Raises:
            ValueError: If there is no such cluster, or the codes have another
                shape; or if the model has not been fitted.
        """
        self._check_fitted()
        return self._generated(self.codes.chosen(num, cluster, codes, seed))

    def _generated(self, drawn):
        """Raw samples `(n, ...)` of what was drawn, as arrays."""
        outputs = self.pass_of(self.generator, drawn)
        return ops.convert_to_numpy(self.raw_samples(outputs))

    def interpolate(self, cluster, code=0, steps=10, seed=None):
        """Samples of one noise, along a continuous code.

        Args:
            cluster: Integer.
            code: Integer, which of the codes goes from -1 to 1.
            steps: Integer, at least 2.
            seed: Optional integer, of the noise and of the other codes.

        Returns:
            Float array `(steps, ...)`, as `generate`.

        Raises:
            ValueError: If there is no such cluster or code.
        """
        self._check_fitted()
        steps = checked_count("steps", steps, 2)
        code = checked_count("code", code, 0, self.codes.num_codes - 1)
        drawn = self.codes.chosen(1, cluster, seed=seed).repeat(steps, axis=0)
        column = self.codes.dim - self.codes.num_codes + code
        drawn[:, column] = np.linspace(-1, 1, steps)
        return self._generated(drawn)

    def export_signatures(self):
        """What a served model offers beyond the others: see `export`.

        Returns:
            Dict with `generate`: integers `cluster` `(n,)` and a scalar `seed`
            to `samples`; a cluster that does not exist is an error.
        """
        return {"generate": (self._served_generate, generation_specs())}

    def _served_generate(self, cluster, seed):
        import tensorflow as tf  # its random numbers take a seed at run time

        cluster = served_cluster(cluster, self.num_clusters)
        layer = self.codes
        uniform = tf.random.stateless_uniform(
            [tf.shape(cluster)[0], layer.noise_dim + layer.num_codes],
            tf.stack([seed, 0]),
            -1.0,
            1.0,
        )
        clusters = tf.one_hot(cluster, self.num_clusters)
        noise, codes = tf.split(uniform, [layer.noise_dim, layer.num_codes], 1)
        drawn = tf.concat([noise, clusters, codes], axis=1)
        samples = self.raw_samples(self.generator(drawn, training=False))
        return {"samples": ops.cast(samples, "float32")}
