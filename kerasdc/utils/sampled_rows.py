"""Some rows of many, drawn at random."""

import numpy as np

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.processes import joined
from kerasdc.utils.processes import num_processes

_SHARED = 2**28  # bytes of samples that processes give each other
MOST_SEARCHED = 100_000  # samples that clusters or neighbors are looked for in


def sampled_rows(num_samples, most, seed):
    """Which samples stand for all of them.

    Args:
        num_samples: Integer.
        most: Integer, at least 1, or `None` for all.
        seed: Integer, of the draw.

    Returns:
        Integer array, rising: `most` of the rows, each as likely as any
        other; or `None` if there are not more than that.

    Raises:
        ValueError: If `most` is not such an integer.
    """
    if most is None or checked_count("max_samples", most) >= num_samples:
        return None
    generator = np.random.default_rng(seed)
    rows = generator.choice(num_samples, most, replace=False, shuffle=False)
    return np.sort(rows)


def samples_of_all(array):
    """What state is set from that all processes must have alike.

    Args:
        array: Array `(m, ...)`, the samples of this process.

    Returns:
        Array `(n, ...)`: of one process that array; of several, samples of
        each, as many as a limited memory holds.

    Raises:
        ValueError: If several processes have texts.
    """
    if num_processes() == 1:
        return array
    if array.dtype == object:
        raise ValueError(
            "Texts are trained on in one process: make features of them first. "
            f"Received: {num_processes()} processes"
        )
    most = _SHARED // max(array[:1].nbytes, 1) // num_processes()
    rows = sampled_rows(len(array), min(max(most, 1), MOST_SEARCHED), 0)
    return joined(array if rows is None else array[rows])
