"""What users ask of a fitted model: outputs, embedding, reconstructions."""

import functools

import keras

from kerasdc.models.bases.parted import by_parts
from kerasdc.models.bases.parted import rows_of_part
from kerasdc.models.bases.passes import CompiledPasses
from kerasdc.targets import FeatureBatches
from kerasdc.targets.devices import num_devices
from kerasdc.targets.feeding import on_tensorflow_alone
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.processes import num_processes
from kerasdc.utils.scratch import filled
from kerasdc.utils.tracing_advice import no_tracing_advice


class Prediction(CompiledPasses):
    """A mixin of `EncoderModel`: what it computes of raw samples."""

    output_name = "output"  # of `predict`, in a table
    likelihood = None  # what the decoder's outputs are parameters of
    ways_to_weights = "`pretrain(x)` or `fit(x)`"  # for those without

    def predict(self, x, batch_size=None, verbose="auto", out=None, **kwargs):
        """The model's outputs.

        Args:
            x: Raw samples, in any form that `fit` takes.
            batch_size: Optional integer, samples taken at once; 32 if `None`.
            verbose: As in `keras.Model.predict`.
            out: Where the outputs go, part by part: a path that ends in
                `.npy` or `.parquet`, or an array of as many rows, such as a
                `numpy.memmap`. `None` returns them.
            **kwargs: Further arguments of `keras.Model.predict`.

        Returns:
            Array `(n, ...)`: soft assignments `(n, num_clusters)`, whose rows
            sum to 1, or an embedding. It is a file without a name if it is
            large; see `kerasdc.utils.scratch`. With `out`, that.

        Raises:
            ValueError: If the model has not been fitted, or `x` or
                `batch_size` is not usable.
        """
        self._check_fitted()
        if batch_size is None:
            batch_size = 32
        batch_size = checked_count("batch_size", batch_size)
        compute = functools.partial(
            self._outputs_of, batch_size=batch_size, verbose=verbose, **kwargs
        )
        return by_parts(self, x, compute, out, self.output_name)

    def _outputs_of(self, x, batch_size, verbose, **kwargs):
        """What `predict` returns for an array that was checked."""
        if self._passes_silently(verbose) and not kwargs:
            outputs = functools.partial(self, training=False)
            return self.run_pass("outputs", outputs, x, batch_size)
        predict = functools.partial(super().predict, verbose=verbose, **kwargs)
        return _by_keras(predict, x, None, batch_size)

    def embed(self, x, batch_size=1024, verbose=0, out=None):
        """The space in which clusters are found.

        The encoder's output, unless a system says otherwise.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.
            out: As in `predict`.

        Returns:
            Float array `(n, dim)`, or `out`.
        """
        self._check_weights()
        batch_size = checked_count("batch_size", batch_size)
        compute = functools.partial(
            self._embedded, batch_size=batch_size, verbose=verbose
        )
        return by_parts(self, x, compute, out, "embedding")

    def _embedded(self, x, batch_size, verbose):
        """What `embed` returns for an array that was checked."""
        return self._latent(x, batch_size, verbose)

    def embedding_of(self, features):
        """What `embed` gives, as a function of tensors.

        Args:
            features: Tensor, as `features(x)` returns it.

        Returns:
            Tensor `(n, dim)`.
        """
        return self.encoder(features, training=False)

    def latent(self, x, batch_size=1024, verbose=0):
        """The encoder's output, which the decoder, if any, takes.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array `(n, latent_dim)`.
        """
        self._check_weights()
        x = self.as_inputs(x)
        batch_size = checked_count("batch_size", batch_size)
        return self._latent(x, batch_size, verbose)

    def _latent(self, x, batch_size, verbose):
        if self._passes_silently(verbose):
            return self.run_pass("latent", self._latent_of, x, batch_size)
        predict = functools.partial(self.encoder.predict, verbose=verbose)
        return _by_keras(predict, x, self.preprocessor, batch_size)

    def _check_weights(self):
        if not self.built:
            raise ValueError(
                f"This {type(self).__name__} has no weights yet: call "
                f"{self.ways_to_weights} first."
            )

    def _latent_of(self, x):
        return self.encoder(self.features(x), training=False)

    def _passes_silently(self, verbose):
        """Whether `run_pass` serves: Keras' own `predict` draws a bar."""
        if self.run_eagerly:
            return False
        if num_devices() * num_processes() > 1:
            return True  # Keras' own takes no rest that devices do not divide
        is_jax = keras.backend.backend() == "jax"
        return not verbose and (is_jax or on_tensorflow_alone())

    def reconstruct(self, x, batch_size=1024, verbose=0):
        """Samples as the decoder sees them.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array in the scale and shape of the raw inputs (for texts:
            their features).

        Raises:
            ValueError: If the model has no decoder.
        """
        if self.encoder is not None and self.decoder is None:
            raise ValueError(f"This {type(self).__name__} has no decoder.")
        z = self.latent(x, batch_size, verbose)
        return self._decoded(z, batch_size, verbose)

    def _decoded(self, z, batch_size=1024, verbose=0):
        """Raw samples `(n, ...)` of points `(n, latent_dim)`, as arrays."""
        outputs = self.pass_of(self.decoder, z, batch_size, verbose)
        return keras.ops.convert_to_numpy(self.raw_samples(outputs))

    def pass_of(self, network, z, batch_size=1024, verbose=0):
        """What a network of this model makes of an array.

        Args:
            network: `keras.Model`.
            z: Array `(n, ...)`.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Array `(n, ...)`.
        """
        if self._passes_silently(verbose):
            function = functools.partial(network, training=False)
            return self.run_pass(network, function, z, batch_size)
        return network.predict(z, batch_size, verbose=verbose)

    def raw_samples(self, outputs):
        """The decoder's outputs on the scale of raw inputs.

        Args:
            outputs: Tensor `(n, ...)`.

        Returns:
            Tensor of that shape. Without a preprocessor that can `invert`,
            features.
        """
        if self.likelihood is not None:
            outputs = self.likelihood.mean(outputs)
        invert = getattr(self.preprocessor, "invert", None)
        # Keras' Normalization has a flag of that name.
        return invert(outputs) if callable(invert) else outputs

    def objective(self, x, batch_size=1024):
        """What training lowers, on all of `x`: chooses among seeds.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.

        Returns:
            Float, the lower the better. No labels are used.
        """
        raise NotImplementedError

    # What scikit-learn's Pipeline asks.

    def __sklearn_is_fitted__(self):
        return self.built and self.adapted

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags
        from sklearn.utils import Tags
        from sklearn.utils import TargetTags

        return Tags(
            estimator_type="clusterer" if hasattr(self, "assign") else None,
            target_tags=TargetTags(required=False),
            input_tags=InputTags(sparse=True, three_d_array=True),
        )

    def _check_fitted(self):
        """Raises `ValueError` if there is nothing to predict yet."""


def _by_keras(predict, x, preprocessor, batch_size):
    """A `keras.Model.predict` that copies no large array as a whole.

    Keras would copy an array twice, and holds all outputs twice at its end.
    """
    length = rows_of_part(x[0].nbytes, batch_size)
    parts = (x[i : i + length] for i in range(0, len(x), length))
    with no_tracing_advice():
        return filled(
            x,
            (
                predict(FeatureBatches(part, preprocessor, batch_size))
                for part in parts
            ),
        )
