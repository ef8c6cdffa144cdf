"""Outputs of data that are larger than memory, part by part."""

import numpy as np

from kerasdc.utils.mapped import blocks
from kerasdc.utils.sinks import sink_of
from kerasdc.utils.streams import batches_of
from kerasdc.utils.streams import is_stream

PART = 2**26  # bytes of samples, or of outputs, that are held at once


def by_parts(model, x, compute, out, name):
    """Runs a function of checked samples on data of any size.

    Args:
        model: `EncoderModel` that checks the samples.
        x: Samples in any form that `fit` takes. What comes in batches is read
            once, and never held as a whole.
        compute: Function of an array of samples that returns an array with
            as many rows.
        out: As in `kerasdc.utils.sinks.sink_of`.
        name: String, what the outputs are called in a table.

    Returns:
        `out`, or an array `(n, ...)` if that is `None`.

    Raises:
        ValueError: If `x` or `out` is not usable.
    """
    if is_stream(x):
        parts = _regrouped(model, x)
    else:
        array = model.as_inputs(x)
        if out is None:
            return compute(array)
        parts = (part for _, part in blocks(array, PART))
    with sink_of(out, name) as sink:
        for part in parts:
            sink.write(compute(part))
    return sink.result


def rows_of_part(num_bytes, multiple):
    """How many rows are a part.

    Args:
        num_bytes: Integer, of a row.
        multiple: Integer, of which the answer is one.

    Returns:
        Integer, at least `multiple`.
    """
    return max(PART // max(num_bytes, 1) // multiple, 1) * multiple


def _regrouped(model, x):
    """Batches of a stream, put together to parts and checked."""
    held, num_bytes, is_empty = [], 0, True
    shape = model._sample_shape if model.built else None
    for batch in batches_of(x, shape, allow_labels=True):
        if len(batch) == 0:
            continue
        is_empty = False
        held.append(batch)
        num_bytes += batch.nbytes
        if num_bytes >= PART:
            yield model.as_inputs(np.concatenate(held))
            held, num_bytes = [], 0
    if held:
        yield model.as_inputs(np.concatenate(held))
    if is_empty:
        raise ValueError(
            "`x` must hold at least one sample. "
            f"Received: an empty {type(x).__name__}"
        )
