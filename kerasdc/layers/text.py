"""Tf-idf vectors of texts."""

import math

import keras
import numpy as np
from keras import ops

from kerasdc.layers.adaptable import Adaptable
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import shown
from kerasdc.utils.inputs import to_array


@keras.saving.register_keras_serializable(package="kerasdc")
class TfIdf(Adaptable):
    """Maps texts to scaled tf-idf vectors of the most frequent words.

    Term counts are damped to `1 + log(count)`, weighted by
    `log((1 + n) / (1 + df)) + 1`, and every row is scaled to length
    `sqrt(num_words)`, so that the mean squared feature is 1. Numbers are
    returned unchanged: for training, `transform` vectorizes texts once; a
    served model receives strings.

    Reference:

    - [Xie et al., 2016](https://arxiv.org/abs/1511.06335), section 4.1, for
      the 2,000 most frequent words and the scaling.

    Args:
        max_words: Integer. Largest size of the vocabulary that `adapt` makes.
        vocabulary: Optional list of words, most frequent first. If given,
            `adapt` only computes their weights.
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
        self.max_words = checked_count("max_words", max_words)
        self.vocabulary = None
        if vocabulary is not None:
            self._set_vocabulary(_checked_vocabulary(vocabulary))

    def _set_vocabulary(self, vocabulary):
        self.vocabulary = vocabulary
        self.idf = self.add_weight(
            name="idf",
            shape=(len(vocabulary),),
            initializer="ones",
            dtype="float32",
            trainable=False,
        )
        self.add_adapted_flag()
        # A lookup table is not a weight: it is saved in the config.
        self._vectorization = keras.layers.TextVectorization(
            output_mode="count", vocabulary=vocabulary
        )

    def build(self, input_shape):
        self._check_vocabulary()

    def adapt(self, texts, block=1024):
        """Makes the vocabulary and weights words by document frequency.

        Args:
            texts: Array or list of strings.
            block: Texts processed at once, which limits the memory.

        Raises:
            ValueError: If `texts` are not strings, or contain no words.
        """
        block = checked_count("block", block)
        texts = _checked_texts(texts)
        if self.vocabulary is None:
            self._set_vocabulary(_most_frequent_words(texts, self.max_words))
        frequency = sum(
            (ops.convert_to_numpy(self._counts(texts[i : i + block])) > 0).sum(
                axis=0
            )
            for i in range(0, len(texts), block)
        )
        idf = np.log((1 + len(texts)) / (1 + frequency)) + 1
        self.idf.assign(idf.astype("float32"))
        self.mark_adapted()

    def transform(self, texts, block=1024):
        """Vectors of many texts, on every backend.

        Args:
            texts: Array or list of strings.
            block: Texts processed at once, which limits the memory.

        Returns:
            Float array `(n, num_words)`.

        Raises:
            ValueError: If `texts` are not strings.
        """
        block = checked_count("block", block)
        self._check_vocabulary()
        texts = _checked_texts(texts)
        blocks = [
            ops.convert_to_numpy(
                self._weigh(self._counts(texts[i : i + block]))
            )
            for i in range(0, len(texts), block)
        ]
        return np.concatenate(blocks)

    def _check_vocabulary(self):
        if self.vocabulary is None:
            raise ValueError(
                "TfIdf has no vocabulary yet: call `adapt(texts)` first, or "
                "pass `vocabulary=`."
            )

    def call(self, inputs):
        is_text = keras.backend.standardize_dtype(inputs.dtype) == "string"
        self._check_inputs(tuple(inputs.shape), is_text)
        if not is_text:
            return ops.cast(inputs, self.compute_dtype)
        return self._weigh(self._counts(ops.reshape(inputs, (-1,))))

    def _check_inputs(self, shape, is_text):
        width = 1 if is_text else len(self.vocabulary)
        shape = (*shape, 1) if is_text and len(shape) == 1 else shape
        if len(shape) != 2 or shape[1] not in (None, width):
            raise ValueError(
                "`inputs` must be texts, (batch,) or (batch, 1), or numbers, "
                f"(batch, {len(self.vocabulary)}). "
                f"Received: inputs of shape {shape}"
            )

    def _counts(self, texts):
        # Without the first column, which counts unknown words.
        return self._vectorization(texts)[:, 1:]

    def _weigh(self, counts):
        counts = ops.cast(counts, "float32")
        damped = ops.where(
            counts > 0, 1 + ops.log(ops.maximum(counts, 1.0)), 0.0
        )
        rows = ops.normalize(damped * self.idf, axis=1)
        return ops.cast(
            rows * math.sqrt(len(self.vocabulary)), self.compute_dtype
        )

    def compute_output_shape(self, input_shape):
        self._check_vocabulary()
        return (input_shape[0], len(self.vocabulary))

    def get_config(self):
        config = super().get_config()
        config.update(
            {"max_words": self.max_words, "vocabulary": self.vocabulary}
        )
        return config


def _checked_vocabulary(vocabulary):
    is_list = isinstance(vocabulary, (list, tuple, np.ndarray))
    words = list(vocabulary) if is_list and np.ndim(vocabulary) else []
    are_words = all(isinstance(word, str) and word for word in words)
    if not words or not are_words or len(set(words)) < len(words):
        raise ValueError(
            "`vocabulary` must be a list of distinct words, none of them "
            f"empty. Received: vocabulary={shown(vocabulary)}"
        )
    if "[UNK]" in words:  # Keras' own for unknown words
        raise ValueError(
            "`vocabulary` must not contain '[UNK]'. "
            f"Received: vocabulary={shown(vocabulary)}"
        )
    return [str(word) for word in words]


def _checked_texts(texts):
    try:
        texts = to_array(texts, allow_text=True)
    except ValueError as error:
        raise ValueError(f"`texts` must be strings: {error}") from error
    if texts.dtype != object:
        raise ValueError(
            f"`texts` must be strings. Received: texts of dtype {texts.dtype}"
        )
    return texts


def _most_frequent_words(texts, max_words):
    learner = keras.layers.TextVectorization(
        # Plus one token for unknown words.
        max_tokens=max_words + 1,
        output_mode="count",
    )
    learner.adapt(texts)
    words = learner.get_vocabulary(include_special_tokens=False)
    if not words:
        raise ValueError(
            "`texts` must contain words. "
            f"Received: {len(texts)} texts without words"
        )
    return [str(word) for word in words]
