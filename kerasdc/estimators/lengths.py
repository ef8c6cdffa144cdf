"""How long to train: in steps, whatever the number of samples."""

from kerasdc.utils.arguments import checked_count


def steps_for(num_samples, least=500, most=4000):
    """Steps that grow with the data, between limits.

    Args:
        num_samples, least, most: Integers.

    Returns:
        Integer.
    """
    return min(max(num_samples, least), most)


def epochs_of(num_steps, num_samples, batch_size, whole=False):
    """Passes over the data that take at least so many steps.

    Args:
        num_steps, num_samples, batch_size: Integers.
        whole: Boolean. Whether a last, short batch is left out of a pass.

    Returns:
        Integer.
    """
    checked_count("batch_size", batch_size)
    rest = 0 if whole and num_samples > batch_size else batch_size - 1
    in_epoch = (num_samples + rest) // batch_size
    return -(-num_steps // in_epoch)
