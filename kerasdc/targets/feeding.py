"""Training targets as TensorFlow's own input pipeline, where it runs."""

import keras
import numpy as np
from keras import ops

from kerasdc.callbacks.lists import as_list
from kerasdc.utils import scratch


def feed(targets, callbacks=None):
    """What to pass to `keras.Model.fit` in place of a PyDataset.

    Keras calls a PyDataset for every batch; that costs some percent of a
    training on a CPU. On TensorFlow the same batches, in the same order, are
    here gathered by `tf.data`, from a copy of the samples or, where they are
    large, from the samples themselves; a callback refreshes the targets when
    an epoch begins. Other backends get the PyDataset itself.

    Args:
        targets: `kerasdc.targets.ShuffledBatches`.
        callbacks: The callbacks that the caller has for `fit`.

    Returns:
        Tuple `(data, callbacks)` for `fit`.
    """
    if not on_tensorflow_alone():
        return targets, callbacks
    make = _GatheredPipeline if _is_large(targets) else _Pipeline
    pipeline = make(targets)
    return pipeline.dataset, [*as_list(callbacks), _Refresh(pipeline)]


def on_tensorflow_alone():
    """Whether Keras runs on TensorFlow, and need not share out batches.

    Returns:
        Boolean. `False` in the scope of a `tf.distribute.Strategy`.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.distribute.has_strategy()


def _is_large(targets):
    """Whether no second copy of samples or targets may be made."""
    held = [targets.x, targets.target]
    return any(x is not None and x.nbytes > scratch.LARGE for x in held)


def _copied(x, block=2**22):
    """A variable of `x`, filled by blocks of so many bytes.

    `tf.convert_to_tensor` would copy an array twice.
    """
    import tensorflow as tf

    variable = tf.Variable(lambda: tf.zeros(x.shape, x.dtype), trainable=False)
    length = max(1, block * len(x) // x.nbytes)
    for i in range(0, len(x), length):
        rows = x[i : i + length]
        places = np.arange(i, i + len(rows))
        variable.scatter_update(tf.IndexedSlices(rows, places))
    return variable


class _Pipeline:
    """A dataset that reads the targets' state from variables."""

    def __init__(self, targets):
        import tensorflow as tf

        self.targets = targets
        with tf.device("CPU:0"):
            x = _copied(targets.x)
            self._rows = tf.Variable(np.zeros(0, "int64"), shape=[None])
            self._ends = tf.Variable(np.zeros(len(targets) + 1, "int64"))
            if self._has_target():
                self._target = tf.Variable(targets.target, dtype="float32")
        self._lay_out()

        def batch(index):
            rows = self._rows[self._ends[index] : self._ends[index + 1]]
            inputs = x.sparse_read(rows)
            if self._has_target():
                return inputs, ops.take(self._target, rows, 0)
            return (inputs,) if targets.target is None else (inputs, inputs)

        self.dataset = _batches(len(targets), batch)

    def refresh(self):
        self.targets.on_epoch_begin()
        self._lay_out()
        if self._has_target():
            self._target.assign(self.targets.target)

    def _has_target(self):
        """Whether there is one beside the inputs, which are large."""
        target = self.targets.target
        return target is not None and target is not self.targets.x

    def _lay_out(self):
        """The rows of all the epoch's batches, one after the other."""
        batches = [self.targets.rows(i) for i in range(len(self.targets))]
        self._rows.assign(np.concatenate(batches))
        self._ends.assign(np.cumsum([0, *map(len, batches)]))


class _GatheredPipeline:
    """A dataset that asks the targets for every batch."""

    def __init__(self, targets):
        import tensorflow as tf

        self._targets = targets
        specs = [
            tf.TensorSpec((None, *array.shape[1:]), array.dtype)
            for array in targets[0]
        ]

        def batch(index):
            found = tf.numpy_function(
                targets.__getitem__, [index], [spec.dtype for spec in specs]
            )
            for tensor, spec in zip(found, specs, strict=True):
                tensor.set_shape(spec.shape)
            return tuple(found)

        self.dataset = _batches(len(targets), batch)

    def refresh(self):
        self._targets.on_epoch_begin()


def _batches(num_batches, batch):
    """A dataset of what a function makes of the numbers of batches."""
    import tensorflow as tf

    # What `tf.data` tunes by itself is measured for a second whenever an
    # epoch ends; a gather is too short to be worth that.
    options = tf.data.Options()
    options.autotune.enabled = False
    batches = tf.data.Dataset.range(num_batches).map(batch).prefetch(2)
    return batches.with_options(options)


class _Refresh(keras.callbacks.Callback):
    def __init__(self, pipeline):
        super().__init__()
        self._pipeline = pipeline

    def on_epoch_begin(self, epoch, logs=None):
        self._pipeline.refresh()
