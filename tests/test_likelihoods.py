import keras
import numpy as np
import pytest
from keras import ops

from kerasdc.losses import likelihoods


def numbers(tensor):
    return ops.convert_to_numpy(tensor).tolist()


def test_bernoulli_by_hand():
    """Logits 0 and log 3 are probabilities 1/2 and 3/4."""
    x = np.float32([[1, 1], [0, 0.5]])
    logits = np.float32([[0, np.log(3)], [0, np.log(3)]])
    expected = [
        np.log(1 / 2) + np.log(3 / 4),
        np.log(1 / 2) + 0.5 * np.log(3 / 4) + 0.5 * np.log(1 / 4),
    ]
    received = numbers(likelihoods.Bernoulli.log_prob(x, logits))
    assert received == pytest.approx(expected, rel=1e-5)
    means = numbers(likelihoods.Bernoulli.mean(logits[:1]))
    assert means[0] == pytest.approx([0.5, 0.75])


def test_bernoulli_of_large_logits_is_finite():
    x = np.float32([[0, 1]])
    received = numbers(likelihoods.Bernoulli.log_prob(x, x * 0 + 1e4))
    assert received == pytest.approx([-1e4])


def test_gaussian_is_a_density_of_variance_one_half():
    norm = pytest.importorskip("scipy.stats").norm
    x = np.float32([[[1, 2], [0, -1]]])  # an image
    means = np.float32([[[0.5, 2], [1, -3]]])
    expected = norm.logpdf(x, means, np.sqrt(0.5)).sum()
    received = numbers(likelihoods.Gaussian.log_prob(x, means))
    assert received == pytest.approx([expected], rel=1e-5)
    assert numbers(likelihoods.Gaussian.mean(means)) == means.tolist()


@pytest.mark.parametrize("name", likelihoods.LIKELIHOODS)
def test_pretraining_loss_falls_with_the_likelihood(name):
    """The autoencoder's loss orders decoders as the likelihood does."""
    likelihood = likelihoods.get(name)
    loss = keras.losses.get(likelihood.reconstruction_loss)
    x = np.float32([[0.2, 0.9]])
    near, far = np.float32([[-1, 2]]), np.float32([[5, -7]])
    losses = [float(np.mean(loss(x, outputs))) for outputs in (near, far)]
    scores = [
        numbers(likelihood.log_prob(x, outputs))[0] for outputs in (near, far)
    ]
    assert losses[0] < losses[1] and scores[0] > scores[1]


def test_unknown():
    with pytest.raises(ValueError, match="gaussian. Received: likelihood='x'"):
        likelihoods.get("x")
