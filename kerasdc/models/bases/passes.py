"""One pass of a model over all samples, by one compiled function."""

import keras
import numpy as np

from kerasdc.utils.tracing_advice import no_tracing_advice


class CompiledPasses:
    """A mixin of `EncoderModel`: functions of batches, compiled once.

    `keras.Model.predict` makes a new input pipeline for every call, and keeps
    a list of all batches until its end. Where TensorFlow runs on one device,
    `run_pass` compiles a function once and writes what it returns into one
    array.
    """

    def run_pass(self, name, function, x, batch_size):
        """A function of all samples, batch by batch.

        Args:
            name: String or another key, of the function: it is compiled once
                for each, and again only when the model's weights are others.
            function: Function of a tensor `(batch, ...)` that returns one
                `(batch, ...)`.
            x: Array `(n, ...)`, not empty.
            batch_size: Integer.

        Returns:
            Array `(n, ...)`.
        """
        compiled = self._compiled_pass(name, function, x)
        with no_tracing_advice():
            return self._filled(compiled, x, batch_size)

    @staticmethod
    def _filled(compiled, x, batch_size):
        outputs = None
        for start in range(0, len(x), batch_size):
            batch = x[start : start + batch_size]
            result = keras.ops.convert_to_numpy(compiled(batch))
            if outputs is None:
                outputs = np.empty((len(x), *result.shape[1:]), result.dtype)
            outputs[start : start + len(batch)] = result
        return outputs

    def forget_passes(self):
        """Makes `run_pass` compile anew: what it compiled may be stale."""
        self._passes().clear()

    def _compiled_pass(self, name, function, x):
        key = (name, x.shape[1:], x.dtype.str)
        compiled, variables = self._passes().get(key, (None, []))
        if not _same(variables, self.variables):
            compiled = _compiled(function, x)
            self._passes()[key] = (compiled, self.variables)
        return compiled

    def _passes(self):
        # Not an attribute that Keras tracks and TensorFlow would export.
        return vars(self).setdefault("_functions_of_passes", {})


def _compiled(function, x):
    import tensorflow as tf

    signature = tf.TensorSpec((None, *x.shape[1:]), x.dtype)
    return tf.function(function, input_signature=[signature], autograph=False)


def _same(variables, others):
    if not variables or len(variables) != len(others):
        return False
    return all(a is b for a, b in zip(variables, others, strict=True))
