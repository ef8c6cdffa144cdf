"""Losses of generators, and of networks that judge them."""

from keras import ops

from kerasdc.utils.tensors import checked_tensor


def judged_wrong(real, generated):
    """The discriminator's loss: cross-entropy of real and generated samples.

    `-log sigmoid(a) - log(1 - sigmoid(b))` for the logits a of real and b of
    generated samples.

    Reference: [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661),
    equation (1).

    Args:
        real: Tensor `(batch,)` of logits.
        generated: Tensor `(batch,)` of logits.

    Returns:
        Tensor `(batch,)`, in nats.
    """
    real = checked_tensor("real", real)
    generated = checked_tensor("generated", generated)
    return ops.softplus(-real) + ops.softplus(generated)


def judged_generated(generated):
    """The generator's loss, `-log sigmoid(b)`, which does not saturate.

    Reference: [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661),
    section 3.

    Args:
        generated: Tensor `(batch,)` of logits.

    Returns:
        Tensor `(batch,)`, in nats.
    """
    return ops.softplus(-checked_tensor("generated", generated))


def code_information(clusters, logits, codes=None, means=None):
    """How badly codes are told from the samples made of them.

    `-log q(c | x)` of the cluster, and of the codes' Gaussians of variance 1,
    but for a constant: minus the bound of the information between them, but
    for the entropy of what was drawn.

    Reference: [Chen et al., 2016](https://arxiv.org/abs/1606.03657), equation
    (5).

    Args:
        clusters: Tensor `(batch, k)`, a one in each row.
        logits: Tensor `(batch, k)`, of q.
        codes: Optional tensor `(batch, m)`.
        means: Tensor `(batch, m)`, of q, with the codes.

    Returns:
        Tensor `(batch,)`, in nats.
    """
    logits = checked_tensor("logits", logits)
    log_q = logits - ops.logsumexp(logits, axis=1, keepdims=True)
    discrete = -ops.sum(checked_tensor("clusters", clusters) * log_q, axis=1)
    if codes is None:
        return discrete
    squares = ops.square(checked_tensor("codes", codes) - means)
    return discrete + 0.5 * ops.sum(squares, axis=1)
