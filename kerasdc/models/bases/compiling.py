"""What `compile` and `save` refuse, before anything is lost."""

import os

METRICS = ("metrics", "weighted_metrics")


def refuse_metrics(arguments):
    """Raises if metrics of labels, or of no target, were passed.

    Args:
        arguments: Dictionary, arguments of `keras.Model.compile`.

    Raises:
        ValueError: If one of `METRICS` is among them.
    """
    for name in METRICS:
        if arguments.get(name):
            raise ValueError(
                f"`{name}` compare outputs with labels, which training does "
                "not have. For the agreement of clusters with labels, pass "
                "`callbacks=[kerasdc.ClusteringMetrics(x, y)]` to `fit`. "
                f"Received: {name}={arguments[name]!r}"
            )


def refuse_loss(system, arguments):
    """Raises if a loss was passed to a system that has its own.

    Args:
        system: String, its name.
        arguments: Dictionary, arguments of `keras.Model.compile`.

    Raises:
        ValueError: If `loss` or `loss_weights` is among them.
    """
    for name in ("loss", "loss_weights"):
        if arguments.get(name) is not None:
            raise ValueError(
                f"{system} has its own loss: leave out `{name}`. "
                f"Received: {name}={arguments[name]!r}"
            )


def refuse_hdf5(path):
    """Raises if a model shall be saved in the format of old Keras.

    Args:
        path: Path of the file.

    Raises:
        ValueError: If its name ends in `.h5`, `.hdf5` or `.keras.h5`.
    """
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
    if str(name).lower().endswith((".h5", ".hdf5")):
        raise ValueError(
            "A model must be saved as `.keras`: `.h5` cannot hold all of it, "
            "and could not be loaded. For weights alone, use "
            f'`save_weights("name.weights.h5")`. Received: path={name!r}'
        )
