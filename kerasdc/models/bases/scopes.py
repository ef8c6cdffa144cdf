"""Contexts in which layers and variables are made."""

import contextlib
import random

import keras


def strategy_scope(model):
    """The scope of the `tf.distribute.Strategy` that a model was made in.

    Args:
        model: `keras.Model`.

    Returns:
        A context in which its variables can be made.
    """
    if keras.backend.backend() != "tensorflow":
        return contextlib.nullcontext()
    return model.distribute_strategy.scope()


@contextlib.contextmanager
def drawing_from(seed):
    """Layers that are made or built in this context draw weights by a seed.

    Args:
        seed: Integer. `None` changes nothing.
    """
    if seed is None:
        yield
        return
    # Where Keras' initializers without a seed take one from.
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextlib.contextmanager
def policy_scope(policy):
    """Layers that are made in this context compute by a dtype policy.

    Args:
        policy: Keras dtype policy or its name. `None` changes nothing.
    """
    before = keras.config.dtype_policy()
    if policy is not None:
        keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
