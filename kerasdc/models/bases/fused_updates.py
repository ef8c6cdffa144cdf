"""Updates of weights by one kernel each, where TensorFlow has it."""

import functools

import keras

from kerasdc.models.bases.two_rates import TwoRateAdam
from kerasdc.targets.feeding import on_tensorflow_alone

_SGD = keras.optimizers.SGD
_ADAM = (keras.optimizers.Adam, keras.optimizers.AdamW, TwoRateAdam)


def fuse_updates(optimizer):
    """Lets an optimizer update each weight in one pass over memory.

    Keras writes an update as a dozen operations on tensors as large as the
    weight. TensorFlow has a kernel for all of an Adam or SGD update, with the
    same arithmetic. What has no such kernel, other optimizers, sparse
    gradients, `amsgrad`, distribution strategies and backends, stays as it is.

    Args:
        optimizer: Keras optimizer. It is changed in place; what is saved of
            it is not.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if _has_kernel(optimizer):
        step = _adam_step if type(optimizer) in _ADAM else _sgd_step
        optimizer.update_step = functools.partial(step, optimizer)


def _has_kernel(optimizer):
    if not on_tensorflow_alone():
        return False
    if type(optimizer) in _ADAM:
        return not optimizer.amsgrad
    return type(optimizer) is _SGD


def _dense(step):
    """Leaves sparse gradients to Keras."""

    @functools.wraps(step)
    def update(optimizer, gradient, variable, learning_rate):
        import tensorflow as tf

        if isinstance(gradient, tf.IndexedSlices):
            keras_step = type(optimizer).update_step
            return keras_step(optimizer, gradient, variable, learning_rate)
        gradient = tf.cast(gradient, variable.dtype)
        if isinstance(optimizer, TwoRateAdam):
            learning_rate = optimizer.rate_of(variable, learning_rate)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        return step(optimizer, gradient, variable, learning_rate)

    return update


@_dense
def _adam_step(optimizer, gradient, variable, learning_rate):
    import tensorflow as tf

    def power(base):
        step = tf.cast(optimizer.iterations + 1, variable.dtype)
        return tf.cast(base, variable.dtype) ** step

    index = optimizer._get_variable_index(variable)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=optimizer._momentums[index].value.handle,
        v=optimizer._velocities[index].value.handle,
        beta1_power=power(optimizer.beta_1),
        beta2_power=power(optimizer.beta_2),
        lr=learning_rate,
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
        grad=gradient,
    )


@_dense
def _sgd_step(optimizer, gradient, variable, learning_rate):
    import tensorflow as tf

    if not optimizer.momentum:
        tf.raw_ops.ResourceApplyGradientDescent(
            var=variable.handle, alpha=learning_rate, delta=gradient
        )
        return
    index = optimizer._get_variable_index(variable)
    tf.raw_ops.ResourceApplyKerasMomentum(
        var=variable.handle,
        accum=optimizer.momentums[index].value.handle,
        lr=learning_rate,
        grad=gradient,
        momentum=optimizer.momentum,
        use_nesterov=optimizer.nesterov,
    )
