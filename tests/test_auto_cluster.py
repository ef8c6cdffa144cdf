"""`AutoCluster`, by scikit-learn's own checks."""

import functools

import numpy as np
import pytest
import systems
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from kerasdc import models
from kerasdc.estimators import AutoCluster
from kerasdc.metrics import clustering_accuracy
from kerasdc.models import neighbor_clustering
from kerasdc.models.bases import graph_search
from kerasdc.models.bases import neighbor_points

SHORT = {"pretrain_steps": 10, "fit_steps": 40, "random_state": 0}
QUICK = {
    "check_parameters_default_constructible",
    "check_no_attributes_set_in_init",
}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    fit = models.NeighborEmbedding.fit

    def few(self, *args, steps_per_epoch=3, **kwargs):
        steps = min(steps_per_epoch, 20)
        return fit(self, *args, steps_per_epoch=steps, **kwargs)

    monkeypatch.setattr(models.NeighborEmbedding, "fit", few)
    monkeypatch.setattr(neighbor_clustering, "STEPS_PER_EPOCH", 20)
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    monkeypatch.setattr(graph_search, "NUM_POINT_SETS", 1)
    with systems.eager():
        yield


def _checks():
    for instance, check in estimator_checks_generator(AutoCluster(**SHORT)):
        function = check
        while isinstance(function, functools.partial):
            function = function.func
        name = function.__name__
        marks = [] if name in QUICK else [pytest.mark.slow]
        yield pytest.param(instance, check, marks=marks, id=name)


@pytest.mark.filterwarnings("ignore:The network has learned")
@pytest.mark.filterwarnings("ignore:.*clusters:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(("estimator", "check"), list(_checks()))
def test_check(estimator, check):
    check(estimator)


def test_blobs():
    generator = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 40)
    x = 9 * np.eye(3, 5)[y] + generator.normal(size=(120, 5))
    auto = clone(AutoCluster(3, **SHORT))
    labels = auto.fit_predict(x)
    assert clustering_accuracy(y, labels) == 1.0
    np.testing.assert_array_equal(auto.predict(x[:7]), labels[:7])
    assert auto.predict_proba(x).shape == (120, 3)
    assert auto.transform(x).shape == (120, 10)
    assert auto.n_clusters_ == 3
    assert "linkage" in auto.result_.scores
    assert auto.score(x) == pytest.approx(
        auto.result_.scores["consensus"], abs=1e-3
    )
