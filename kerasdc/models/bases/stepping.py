"""How `fit` takes its steps: in groups, with fused updates of weights."""

import contextlib

import keras

from kerasdc.callbacks.lists import as_list
from kerasdc.models.bases.fused_updates import fuse_updates
from kerasdc.targets.feeding import feed
from kerasdc.targets.feeding import on_tensorflow_alone
from kerasdc.utils.tracing_advice import no_tracing_advice

LARGEST_GROUP = 40  # steps that TensorFlow takes between looks at callbacks
_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
)


@contextlib.contextmanager
def stepping(model, targets, callbacks, **kwargs):
    """What to pass to `keras.Model.fit`, which runs in this context.

    Args:
        model: Compiled `keras.Model`.
        targets: `kerasdc.targets.ShuffledBatches`.
        callbacks: As in `keras.Model.fit`.
        **kwargs: Other arguments of `keras.Model.fit`.

    Yields:
        Dictionary of all the arguments of `keras.Model.fit`.
    """
    fuse_updates(model.optimizer)
    size = group_size(model, len(targets), callbacks, **kwargs)
    batches, callbacks = feed(targets, callbacks)
    before = model.steps_per_execution
    if getattr(model, "_grouped_by", before) != size:
        model.train_function = None  # it is traced for one size
    model._grouped_by = model.steps_per_execution = size
    try:
        with no_tracing_advice():
            # The batches shuffle: Keras' order would not survive a restart.
            yield dict(kwargs, x=batches, callbacks=callbacks, shuffle=False)
    finally:
        model.steps_per_execution = before


def group_size(model, num_steps, callbacks, validation_data=None, **kwargs):
    """How many steps can be taken at once, with the same results.

    Args:
        model: Compiled `keras.Model`.
        num_steps: Integer, steps of an epoch.
        callbacks: As in `keras.Model.fit`.
        validation_data: As in `keras.Model.fit`.
        **kwargs: Not used.

    Returns:
        Integer.
    """
    chosen = model.steps_per_execution
    if chosen != 1 or model.run_eagerly or validation_data is not None:
        return chosen
    if any(map(_sees_each_step, as_list(callbacks))):
        return chosen
    return _divisor(num_steps) if on_tensorflow_alone() else chosen


def _divisor(num_steps):
    """The largest group that fills an epoch: Keras counts whole groups."""
    sizes = range(min(LARGEST_GROUP, num_steps), 0, -1)
    return next(size for size in sizes if num_steps % size == 0)


def _sees_each_step(callback):
    """Whether a callback may act on single steps."""
    if getattr(callback, "takes_groups", False) or _waits(callback):
        return False
    methods = [getattr(callback, hook) for hook in _HOOKS]
    own = [getattr(each, "__func__", None) for each in methods]
    return own != [getattr(keras.callbacks.Callback, hook) for hook in _HOOKS]


def _waits(callback):
    """Whether it is one of Keras' that acts when epochs end."""
    kinds = {"ModelCheckpoint": "save_freq", "TensorBoard": "update_freq"}
    return any(
        type(callback) is getattr(keras.callbacks, kind)
        and getattr(callback, name) == "epoch"
        for kind, name in kinds.items()
    )
