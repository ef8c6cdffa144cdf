"""Progress bars of loops that are no training."""

import keras


def counted(items, verbose, unit_name):
    """Goes through items, with a bar that shows the time left.

    Args:
        items: Sequence.
        verbose: As in `keras.Model.fit`: 0 shows nothing.
        unit_name: String, what an item is.

    Yields:
        The items.
    """
    verbose = 1 if verbose == "auto" else int(verbose)
    bar = keras.utils.Progbar(len(items), verbose=verbose, unit_name=unit_name)
    for item in items:
        yield item
        bar.add(1)
