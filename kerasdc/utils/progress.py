"""Progress bars of loops other than trainings."""

import keras


def counted(items, verbose, unit_name):
    """Iterates over items with a progress bar that shows the time left.

    Args:
        items: Sequence.
        verbose: As in `keras.Model.fit`: 0 shows nothing.
        unit_name: String, name of one item.

    Yields:
        The items.
    """
    verbose = 1 if verbose == "auto" else int(verbose)
    bar = keras.utils.Progbar(len(items), verbose=verbose, unit_name=unit_name)
    for item in items:
        yield item
        bar.add(1)
