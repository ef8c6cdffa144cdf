"""Progress bars of loops other than trainings."""

import keras

from kerasdc.utils.arguments import checked_count


def checked_verbose(verbose):
    """What Keras' bars take for an argument `verbose`.

    Args:
        verbose: As in `keras.Model.fit`.

    Returns:
        Integer from 0 to 2.

    Raises:
        ValueError: If it is something else.
    """
    if isinstance(verbose, str) and verbose == "auto" or verbose is True:
        return 1
    return checked_count("verbose", verbose or 0, 0, 2)


def counted(items, verbose, unit_name):
    """Iterates over items with a progress bar that shows the time left.

    Args:
        items: Sequence.
        verbose: As in `keras.Model.fit`: 0 shows nothing; 1 or `"auto"` is a
            bar, 2 a line.
        unit_name: String, name of one item.

    Yields:
        The items.

    Raises:
        ValueError: If `verbose` is something else.
    """
    verbose = checked_verbose(verbose)
    bar = keras.utils.Progbar(len(items), verbose=verbose, unit_name=unit_name)
    for item in items:
        yield item
        bar.add(1)
