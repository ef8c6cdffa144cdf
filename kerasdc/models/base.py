"""What every clustering model shares."""

import keras
import numpy as np

from kerasdc.inputs import reject_labels
from kerasdc.inputs import to_array
from kerasdc.targets import FeatureBatches


class ClusteringModel(keras.Model):
    """A Keras model whose outputs are soft assignments `(n, k)`.

    Subclasses set `num_clusters`, `encoder`, `decoder` (or `None`),
    `preprocessor` and `augmentation`, and implement `build`, `call`,
    `pretrain`, `adapt` and `fit`. Users pass raw data everywhere: the
    preprocessor is part of the model.
    """

    label_change = None
    training_assignments = None

    # === Inputs ===

    def as_inputs(self, x):
        """Checks `x` and turns it into the array the model runs on.

        Args:
            x: Data in any form that `kerasdc.inputs.to_array` takes.

        Returns:
            Array `(n, ...)`: raw numbers, or features in place of texts.

        Raises:
            ValueError: If `x` is not what the model was built for.
        """
        shape = self._sample_shape if self.built else None
        accepts_text = getattr(self.preprocessor, "accepts_text", False)
        array = to_array(x, shape, accepts_text)
        if array.dtype == object:
            return self._vectorize(array)
        return array

    def _vectorize(self, texts, block=1024):
        """Texts to features once, so that training steps see numbers."""
        preprocessor = self.preprocessor
        if not preprocessor.adapted:
            preprocessor.adapt(texts)
        blocks = [
            keras.ops.convert_to_numpy(
                preprocessor(keras.ops.convert_to_tensor(texts[i : i + block]))
            )
            for i in range(0, len(texts), block)
        ]
        return np.concatenate(blocks)

    def prepare(self, x, y=None):
        """Checks training data; adapts the preprocessor; builds the model.

        Args:
            x: Training data.
            y: Must be `None`: labels never train.

        Returns:
            The array to train on.
        """
        reject_labels(y)
        x = self.as_inputs(x)
        adaptable = hasattr(self.preprocessor, "adapt")
        if adaptable and not self.preprocessor.adapted:
            self.preprocessor.adapt(x)
        if not self.built:
            self.build((None, *x.shape[1:]))
        return x

    def features(self, x, training=False):
        """Raw inputs to what the encoder takes; augmented in training.

        Args:
            x: Tensor of raw inputs.
            training: Boolean. `True` augments.

        Returns:
            Tensor.
        """
        if self.preprocessor is not None:
            x = self.preprocessor(x)
        else:
            x = keras.ops.cast(x, self.compute_dtype)
        if training and self.augmentation is not None:
            x = self.augmentation(x, training=True)
        return x

    # === What users ask of a fitted model ===

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """Soft assignments.

        Args:
            x: Raw samples, in any form that `fit` takes.
            batch_size: Optional integer, samples taken at once.
            verbose: As in `keras.Model.predict`.
            **kwargs: Further arguments of `keras.Model.predict`.

        Returns:
            Float array `(n, num_clusters)`; every row sums to 1.

        Raises:
            ValueError: If the model has not been adapted, or `x` does not
                fit it.
        """
        self._check_adapted()
        return super().predict(
            self.as_inputs(x),
            batch_size=batch_size,
            verbose=verbose,
            **kwargs,
        )

    def assign(self, x, batch_size=1024, verbose=0):
        """The most probable cluster of each sample.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Integer array `(n,)`, values from 0 to `num_clusters - 1`.
        """
        soft_assignment = self.predict(
            x, batch_size=batch_size, verbose=verbose
        )
        return soft_assignment.argmax(axis=1)

    def embed(self, x, batch_size=1024, verbose=0):
        """The encoder's output.

        Args:
            x: Raw samples.
            batch_size: Integer, samples taken at once.
            verbose: As in `keras.Model.predict`.

        Returns:
            Float array `(n, latent_dim)`.
        """
        x = self.as_inputs(x)
        if not self.built:
            raise ValueError(
                f"This {type(self).__name__} has no weights yet: call "
                "`pretrain(x)` or `fit(x)` first. Received: built=False"
            )
        batches = FeatureBatches(x, self.preprocessor, batch_size)
        return self.encoder.predict(batches, verbose=verbose)

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
        if self.built and self.decoder is None:
            raise ValueError(
                f"This {type(self).__name__} has no decoder. "
                "Received: decoder=None"
            )
        z = self.embed(x, batch_size, verbose)
        features = self.decoder.predict(z, batch_size, verbose=verbose)
        if not hasattr(self.preprocessor, "invert"):
            return features
        return keras.ops.convert_to_numpy(self.preprocessor.invert(features))

    def _check_adapted(self):
        if not self.adapted:
            raise ValueError(
                f"This {type(self).__name__} has no clusters yet: call "
                "`adapt(x)` or `fit(x)` first. Received: adapted=False"
            )
