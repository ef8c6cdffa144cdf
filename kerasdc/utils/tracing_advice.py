"""TensorFlow's advice on traced functions, which new models do not need."""

import contextlib
import logging

_LOGGER = logging.getLogger("tensorflow")


@contextlib.contextmanager
def no_tracing_advice():
    """Without the warning that a function was traced five times.

    TensorFlow counts by the line that a function is from. Every model has
    functions of its own from the same lines, each traced once, so that it
    warns of the fifth model that is fitted in a loop.
    """
    _LOGGER.addFilter(_is_no_advice)
    try:
        yield
    finally:
        _LOGGER.removeFilter(_is_no_advice)


def _is_no_advice(record):
    return "triggered tf.function retracing" not in record.getMessage()
