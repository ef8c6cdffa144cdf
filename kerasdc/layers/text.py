"""Texts to tf-idf vectors."""

import math

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdc")
class TfIdf(keras.layers.Layer):
    """Raw strings to scaled tf-idf vectors of the most frequent words.

    Term counts are damped to `1 + log(count)`, weighted by
    `log((1 + n) / (1 + df)) + 1`, and every row is scaled to length
    `sqrt(num_words)`, so that the mean squared feature is 1. Numbers pass
    unchanged: texts are vectorised once before a training, strings only
    where a served model receives them.

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section 4.1, for
      the 2,000 most frequent words and the scaling of section 4.3.

    Args:
        max_words: Integer. Size of the vocabulary that `adapt` makes.
        vocabulary: Optional list of words, most frequent first.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input shape:
        `(batch_size,)` or `(batch_size, 1)` strings, or
        `(batch_size, num_words)` numbers.

    Output shape:
        `(batch_size, num_words)`.
    """

    accepts_text = True

    def __init__(self, max_words=2000, vocabulary=None, **kwargs):
        super().__init__(**kwargs)
        if not max_words >= 1:
            raise ValueError(
                "`max_words` must be at least 1. "
                f"Received: max_words={max_words}"
            )
        self.max_words = int(max_words)
        self.vocabulary = None
        if vocabulary is not None:
            self._set_vocabulary(list(vocabulary))

    def _set_vocabulary(self, vocabulary):
        self.vocabulary = vocabulary
        self.idf = self.add_weight(
            name="idf",
            shape=(len(vocabulary),),
            initializer="ones",
            dtype="float32",
            trainable=False,
        )
        # Its table is TensorFlow's, not a weight: the config carries it.
        self._vectorization = keras.layers.TextVectorization(
            output_mode="count", vocabulary=vocabulary
        )

    def build(self, input_shape):
        if self.vocabulary is None:
            raise ValueError(
                "TfIdf has no vocabulary yet: call `adapt(texts)` first, or "
                "pass `vocabulary=`. Received: vocabulary=None"
            )

    @property
    def adapted(self):
        """Whether there is a vocabulary."""
        return self.vocabulary is not None

    def adapt(self, texts, block=1024):
        """Makes the vocabulary and counts in how many texts a word is.

        Args:
            texts: Array or list of strings.
            block: Texts taken at once, which bounds the memory.
        """
        texts = np.asarray(texts, dtype=object).reshape(-1)
        learner = keras.layers.TextVectorization(
            # One more for the word that stands for all unknown ones.
            max_tokens=self.max_words + 1,
            output_mode="count",
        )
        learner.adapt(texts)
        words = learner.get_vocabulary(include_special_tokens=False)
        self._set_vocabulary([str(word) for word in words])
        frequency = sum(
            (self._counts(texts[i : i + block]) > 0).sum(axis=0)
            for i in range(0, len(texts), block)
        )
        idf = np.log((1 + len(texts)) / (1 + frequency)) + 1
        self.idf.assign(idf.astype("float32"))

    def _counts(self, texts):
        counts = self._vectorization(ops.convert_to_tensor(texts))
        return ops.convert_to_numpy(counts)[:, 1:]

    def call(self, inputs):
        if keras.backend.standardize_dtype(inputs.dtype) != "string":
            return ops.cast(inputs, self.compute_dtype)
        counts = self._vectorization(ops.reshape(inputs, (-1,)))[:, 1:]
        counts = ops.cast(counts, "float32")
        damped = ops.where(
            counts > 0, 1 + ops.log(ops.maximum(counts, 1.0)), 0.0
        )
        rows = ops.normalize(damped * self.idf, axis=1)
        return ops.cast(
            rows * math.sqrt(len(self.vocabulary)), self.compute_dtype
        )

    def compute_output_shape(self, input_shape):
        return (input_shape[0], len(self.vocabulary))

    def get_config(self):
        config = super().get_config()
        config.update(
            {"max_words": self.max_words, "vocabulary": self.vocabulary}
        )
        return config
