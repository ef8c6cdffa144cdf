import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from kerasdc.algorithms.gaussian_mixtures import mixture_of_groups
from kerasdc.algorithms.gaussian_mixtures import mixture_search
from kerasdc.algorithms.gaussian_mixtures import sample_mixture
from kerasdc.algorithms.gaussian_mixtures import variance_floor


def test_moments_of_groups_by_hand():
    z = np.float32([[0, 0], [2, 4], [5, 5]])
    weights, means, variances = mixture_of_groups(z, np.array([0, 0, 1]), 3)
    np.testing.assert_allclose(weights, [2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(means, [[1, 2], [5, 5], [7 / 3, 3]], 1e-6)
    # The empty one has those of all three points.
    whole = [38 / 9, 14 / 3]
    np.testing.assert_allclose(variances, [[1, 4], [0, 0], whole], 1e-6)


@pytest.mark.parametrize("method", ["gmm", "merged_kmeans"])
def test_every_search_finds_two_groups(method):
    generator = np.random.default_rng(0)
    z = np.repeat(np.float32([[0, 0], [90, 30]]), [100, 300], axis=0)
    z += generator.normal(0, [1, 2], z.shape)
    fit_mixture = mixture_search(method)
    mixture = fit_mixture(z, 2, num_restarts=2, seed=0)
    order = mixture[1][:, 0].argsort()
    weights, means, variances = (part[order] for part in mixture)
    np.testing.assert_allclose(weights, [0.25, 0.75], 1e-6)
    np.testing.assert_allclose(means, [[0, 0], [90, 30]], atol=0.5)
    np.testing.assert_allclose(variances, [[1, 4], [1, 4]], 0.3)


@pytest.mark.parametrize("seed", range(3))
def test_runs_are_those_that_scikit_learn_would_make(seed, capsys):
    z = np.random.default_rng(0).normal(size=(200, 3)) ** 3
    z = ((z - z.mean(axis=0)) / np.sqrt(z.var(axis=0).mean())).astype("float64")
    expected = GaussianMixture(
        6, covariance_type="diag", n_init=5, max_iter=500, random_state=seed
    ).fit(z)
    weights, _, variances = mixture_search("gmm")(z, 6, 5, seed, verbose=1)
    np.testing.assert_allclose(weights, expected.weights_, 1e-6)
    np.testing.assert_allclose(variances, expected.covariances_, 1e-6)
    assert "5/5" in capsys.readouterr().out


def test_mixture_that_has_not_converged_is_told_of(monkeypatch):
    fit = GaussianMixture.fit

    def stop(self, z):
        return fit(self.set_params(max_iter=1), z)

    monkeypatch.setattr(GaussianMixture, "fit", stop)
    z = np.random.default_rng(0).normal(size=(300, 3))
    with pytest.warns(UserWarning, match="after 1 iterations. Received: num_c"):
        mixture_search("gmm")(z, 6, 2, 0)


def test_unknown_searches_are_refused():
    with pytest.raises(ValueError, match="Received: method='em'$"):
        mixture_search("em")


def test_variance_floor():
    assert variance_floor(np.float32([[0, 0], [2, 4]])) == pytest.approx(2.5e-6)
    assert variance_floor(np.ones((3, 2))) == pytest.approx(1e-18)


def test_one_point_is_one_component():
    find = mixture_search("gmm")
    weights, means, variances = find(np.float32([[2, 3]]), 1, 1, 0)
    assert weights.tolist() == [1]
    assert means.tolist() == [[2, 3]]
    assert variances.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"weights": [0.5, 0.6]}, "weights"),
        ({"means": [[np.nan], [0]]}, "means"),
        ({"deviations": [[-1], [1]]}, "deviations"),
        ({"seed": -1}, "seed"),
        ({"cluster": [[0], [1, 2]]}, "cluster"),
        ({"num": 10**400}, "num"),
    ],
)
def test_sample_mixture_refuses_by_name(arguments, name):
    valid = {"weights": [0.5, 0.5], "means": [[0], [1]], "num": 2}
    valid["deviations"] = [[1], [1]]
    with pytest.raises(ValueError, match=f"`{name}` .*Received: "):
        sample_mixture(**{**valid, **arguments})
