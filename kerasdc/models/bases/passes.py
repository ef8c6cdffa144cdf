"""One pass of a model over all samples, by one compiled function."""

import keras

from kerasdc.models.bases.local_function import LocalFunction
from kerasdc.utils.scratch import filled
from kerasdc.utils.tracing_advice import no_tracing_advice


class CompiledPasses:
    """A mixin of `EncoderModel`: functions of batches, compiled once.

    `keras.Model.predict` makes a new input pipeline for every call, and keeps
    a list of all batches until its end. On TensorFlow with one device, and on
    JAX with those of one process, `run_pass` compiles a function once and
    writes what it returns into one array.
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
            Array `(n, ...)`, on disk if it is large.
        """
        compiled = self._compiled_pass(name, function, x)
        if keras.backend.backend() == "jax":
            compiled = compiled.bound(batch_size)
        starts = range(0, len(x), batch_size)
        with no_tracing_advice():
            return filled(
                x,
                (
                    keras.ops.convert_to_numpy(compiled(x[i : i + batch_size]))
                    for i in starts
                ),
            )

    def forget_passes(self):
        """Makes `run_pass` compile anew: what it compiled may be stale."""
        self._passes().clear()

    def _compiled_pass(self, name, function, x):
        key = (name, x.shape[1:], x.dtype.str)
        compiled, variables = self._passes().get(key, (None, []))
        if not _same(variables, self.variables):
            make = _MAKERS[keras.backend.backend()]
            compiled = make(function, x, self.variables)
            self._passes()[key] = (compiled, self.variables)
        return compiled

    def _passes(self):
        # Not an attribute that Keras tracks and TensorFlow would export.
        return vars(self).setdefault("_functions_of_passes", {})


def _by_tensorflow(function, x, variables):
    import tensorflow as tf

    signature = tf.TensorSpec((None, *x.shape[1:]), x.dtype)
    return tf.function(function, input_signature=[signature], autograph=False)


_MAKERS = {"jax": LocalFunction, "tensorflow": _by_tensorflow}


def _same(variables, others):
    if not variables or len(variables) != len(others):
        return False
    return all(a is b for a, b in zip(variables, others, strict=True))
