"""The estimators, by scikit-learn's own checks and in its tools."""

import functools
import pickle

import joblib
import keras
import numpy as np
import pytest
import systems
from sklearn.base import clone
from sklearn.base import is_clusterer
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import kerasdc
from kerasdc import estimators
from kerasdc import metrics
from kerasdc import models
from kerasdc.estimators.base import DeepEstimator
from kerasdc.estimators.lengths import epochs_of
from kerasdc.estimators.lengths import steps_for

FIT = models.NeighborEmbedding.fit
# As short as can be: a pretraining is of three steps, see `short`.
CHECKED = (
    estimators.ParametricTSNE(pretrain_epochs=1, epochs=1),
    estimators.DEC(pretrain_epochs=1, epochs=1),
    estimators.IDEC(pretrain_epochs=1, epochs=1),
    estimators.DBC(pretrain_epochs=1, epochs=1),
    estimators.DCN(pretrain_epochs=1, epochs=1),
    estimators.DEPICT(pretrain_epochs=1, epochs=1),
    estimators.VaDE(pretrain_epochs=1, epochs=1),
    estimators.EmbeddingNetwork(pretrain_epochs=1, epochs=1),
    estimators.IMSAT(epochs=1),
    estimators.DAC(epochs=1),
    estimators.TEMI(num_heads=4, units=(), epochs=1),
    estimators.JULE(epochs=1),
    estimators.InfoGAN(epochs=1),
)
# Where blobs are to be found.
LONGER = {
    "VaDE": {"pretrain_epochs": 30},
    "IMSAT": {"epochs": 10},
    "DAC": {"epochs": 30},
    "JULE": {"epochs": 10},
    "InfoGAN": {"epochs": 150, "optimizer": keras.optimizers.Adam(0.01)},
    "TEMI": {"epochs": 100, "optimizer": keras.optimizers.Adam(0.01)},
}
BY_DEFAULT = {"ParametricTSNE": None, "DEC": "check_clustering"}
LONG = {  # many trainings, or outputs of single samples
    "check_estimators_dtypes",
    "check_transformer_data_not_an_array",
    "check_transformer_general",
    "check_methods_subset_invariance",
    "check_estimators_nan_inf",
    "check_fit_score_takes_y",
    "check_pipeline_consistency",
    "check_transformer_preserve_dtypes",
    "check_dtype_object",
    "check_fit_idempotent",
}


def checks():
    """Each estimator's checks; most of them are only of `-m slow`."""
    found = []
    for estimator in CHECKED:
        name = type(estimator).__name__
        for instance, check in estimator_checks_generator(estimator):
            short = name_of(check) not in LONG
            only = BY_DEFAULT.get(name, "no check")
            quick = short and only in (None, name_of(check))
            id = f"{name}-{name_of(check)}"
            if name_of(check) == "check_clustering":
                longer = LONGER.get(name, {})
                instance = clone(instance).set_params(**longer)
            again = id in (each.id for each in found)  # on a memory map
            marks = [] if quick and not again else [pytest.mark.slow]
            found.append(pytest.param(instance, check, marks=marks, id=id))
    return found


def name_of(check):
    while isinstance(check, functools.partial):
        check = check.func
    return check.__name__


@pytest.fixture(scope="module", autouse=True)
def short():
    """Steps one by one, and only three in an epoch of neighbors."""
    few = functools.partialmethod(FIT, steps_per_epoch=3)
    models.NeighborEmbedding.fit = few
    with systems.eager():
        yield
    models.NeighborEmbedding.fit = FIT


@pytest.fixture(scope="module")
def dec(short, blobs):
    """A DEC fitted on the blobs. Not to be trained further."""
    return small().fit(blobs[0])


def small(n_clusters=3, **kwargs):
    values = {"pretrain_epochs": 1, "epochs": 2, "random_state": 0}
    return estimators.DEC(n_clusters, **{**values, **kwargs})


# === scikit-learn's checks ===


# Of random samples, which have none.
@pytest.mark.filterwarnings("ignore:No sample was in cluster")
@pytest.mark.filterwarnings("ignore:.*clusters:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("estimator, check", checks())
def test_check(estimator, check):
    check(estimator)


def test_every_system_has_an_estimator():
    found = [getattr(estimators, name) for name in estimators.__all__]
    found.remove(estimators.AutoCluster)  # see test_auto_cluster
    assert {e.system for e in found} == set(models.SYSTEMS.values())
    assert {type(e) for e in CHECKED} == set(found)
    for estimator in found:
        assert estimator.__name__ == estimator.system.__name__
        assert is_clusterer(estimator()) == hasattr(estimator, "predict")


def test_defaults_are_those_of_the_model():
    """But those of which the docstrings say otherwise."""
    same = {"upper", "lower", "all_pairs", "information_weight", "method"}
    same |= {"marginal_weight", "radius_factor", "exaggeration", "conditional"}
    same |= {"kld_weight", "boost", "clustering_weight", "kmeans_interval"}
    same |= {"margin", "keep_share"}
    same |= {"target_power", "frequency_power", "layerwise_weight"}
    for estimator in CHECKED:
        model = estimator.system(**estimator._sizes(np.ones((20, 4))))
        model.compile()
        for name in same & estimator.get_params().keys():
            assert getattr(model, name) == getattr(estimator, name)


# === Fitted ===


def test_what_is_learned(dec, blobs):
    x, y = blobs
    assert metrics.clustering_accuracy(y, dec.labels_) == 1
    assert isinstance(dec.model_, models.DEC)
    assert dec.cluster_centers_.shape == (3, 5)
    assert dec.n_features_in_ == 6
    assert dec.n_iter_ == 2  # one batch holds all
    np.testing.assert_array_equal(dec.labels_, dec.predict(x))
    assignment = dec.predict_proba(x)
    np.testing.assert_allclose(assignment.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(assignment.argmax(axis=1), dec.labels_)
    np.testing.assert_array_equal(dec.transform(x), dec.model_.embed(x))
    assert dec.score(x) == -dec.model_.objective(x)


def test_it_is_the_model_of_the_same_seed(dec, blobs):
    model = dec.new_model(blobs[0], 0)
    dec.train(model, blobs[0])
    np.testing.assert_array_equal(
        model.embed(blobs[0]), dec.transform(blobs[0])
    )


def test_labels_are_ignored(dec, blobs):
    again = clone(dec).fit(*blobs)
    np.testing.assert_array_equal(
        again.transform(blobs[0]), dec.transform(blobs[0])
    )


def test_a_sample_alone_has_the_outputs_it_has_among_others(dec, blobs):
    x = blobs[0][:20]
    alone = np.concatenate([dec.transform(x[i : i + 1]) for i in range(3)])
    np.testing.assert_array_equal(alone, dec.transform(x)[:3])


@pytest.mark.parametrize("dump", [pickle, joblib])
def test_pickle(dump, dec, blobs, tmp_path):
    with open(tmp_path / "dec", "wb") as file:
        dump.dump(dec, file)
    with open(tmp_path / "dec", "rb") as file:
        loaded = dump.load(file)
    np.testing.assert_array_equal(
        loaded.predict_proba(blobs[0]), dec.predict_proba(blobs[0])
    )
    assert loaded.get_params() == dec.get_params()
    with pytest.raises(NotFittedError):
        clone(loaded).predict(blobs[0])


def test_columns_have_names(dec, blobs):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(blobs[0], columns=list("abcdef"))
    named = clone(dec).set_output(transform="pandas").fit(frame)
    found = named.transform(frame)
    assert list(found.columns) == [f"dec{i}" for i in range(5)]
    assert list(found.columns) == list(named.get_feature_names_out())
    assert list(named.feature_names_in_) == list("abcdef")
    assert named.model_.feature_names == tuple("abcdef")
    with pytest.raises(ValueError, match="feature names"):
        named.predict(frame[list("fedcba")])


# === Tools ===


def test_pipeline(blobs):
    x, y = blobs
    pipeline = make_pipeline(StandardScaler(), small())
    found = pipeline.fit_predict(x)
    assert metrics.clustering_accuracy(y, found) > 0.9
    assert pipeline.predict(x[:2]).shape == (2,)
    assert pipeline.transform(x[:2]).shape == (2, 5)


def test_grid_search_needs_no_labels(blobs):
    search = GridSearchCV(
        small(pretrain_epochs=0, epochs=1),
        {"alpha": [0.5, 2.0]},
        cv=2,
        error_score="raise",
    )
    search.fit(blobs[0])
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all() and scores[0] != scores[1]
    assert search.best_score_ == scores.max()
    assert search.predict(blobs[0]).shape == (90,)


def test_networks_passed_are_copied(blobs):
    x = blobs[0]
    encoder = kerasdc.networks.mlp_encoder((6,), (8,), 2)
    scaling = kerasdc.layers.Scaling()
    adam = keras.optimizers.Adam(0.01)
    before = encoder.get_weights()
    dec = small(encoder=encoder, preprocessor=scaling, optimizer=adam)
    copy = clone(dec)
    assert copy.encoder is not encoder
    for estimator in (dec, copy):
        first, second = (estimator.fit(x).transform(x) for _ in range(2))
        np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, dec.transform(x))
    assert dec.encoder is encoder and dec.model_.encoder is not encoder
    assert not scaling.built and not adam.built
    for weight, old in zip(encoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_images_are_accepted():
    images = np.random.default_rng(0).random((20, 4, 4, 1))
    dec = small(encoder=kerasdc.networks.conv_encoder((4, 4, 1), (4,), (3,), 2))
    assert dec.fit_predict(images).shape == (20,)
    with pytest.raises(ValueError, match=r"\(n, 4, 4, 1\)"):
        dec.predict(images[:, :, :2])


# === Parameters ===


def test_random_state(blobs):
    x = blobs[0]
    drawn = [
        small(random_state=state, pretrain_epochs=0, epochs=0).fit(x)
        for state in (5, 5, np.random.RandomState(5), None)
    ]
    assert drawn[0].model_.seed == 5
    seeds = {estimator.model_.seed for estimator in drawn}
    assert len(seeds) == 3
    first, second = (estimator.transform(x) for estimator in drawn[:2])
    np.testing.assert_array_equal(first, second)


def test_the_best_of_several_is_kept(blobs, monkeypatch):
    x = blobs[0]
    objectives = {4: np.nan, 5: 2.0, 6: 1.0, 7: 3.0}
    by_seed = lambda model, x: objectives[model.seed]  # noqa: E731
    monkeypatch.setattr(models.DEC, "objective", by_seed)
    options = {"pretrain_epochs": 0, "epochs": 0}
    dec = small(n_init=4, random_state=4, **options).fit(x)
    assert dec.model_.seed == 6


def test_lengths():
    assert [steps_for(n) for n in (10, 1797, 70_000)] == [500, 1797, 4000]
    assert epochs_of(500, 50, 256) == 500
    assert epochs_of(500, 1000, 256) == 125
    assert epochs_of(500, 1000, 256, whole=True) == 167
    assert epochs_of(500, 50, 256, whole=True) == 500
    model = estimators.IMSAT(20).new_model(np.ones((20, 4)), 0)
    assert estimators.IMSAT(20)._batch_size_of(model) == 200


def test_pretraining_as_the_paper(blobs):
    dec = small(pretrain_method="autoencoder", pretrain_epochs="auto")
    model = dec.new_model(blobs[0], 0)
    assert model.encoder is None  # the paper's, when data is seen
    assert dec._num_pretrain_epochs(1000, 256) == 250
    comes = small(
        encoder=kerasdc.networks.mlp_encoder((6,), (8,), 2),
        pretrain_method="autoencoder",
    )
    assert comes.fit(blobs[0]).labels_.shape == (90,)


def test_perplexity_of_few_samples(blobs):
    tsne = estimators.ParametricTSNE(pretrain_method=None, epochs=1)
    assert tsne.fit_transform(blobs[0][:10]).shape == (10, 2)
    assert tsne.model_.perplexity == 3
    np.testing.assert_array_equal(
        tsne.embedding_, tsne.transform(blobs[0][:10])
    )
    by_batch = estimators.ParametricTSNE(affinities="batch", batch_size=30)
    assert by_batch._sizes(blobs[0])["perplexity"] == pytest.approx(29 / 3)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"n_clusters": 91}, r"samples as clusters.*n_clusters=91"),
        ({"n_clusters": 0}, "n_clusters=0"),
        ({"n_init": 0}, "n_init=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"epochs": -1, "pretrain_epochs": 0}, "epochs=-1"),
        ({"encoder": "mlp"}, "encoder='mlp'"),
        ({"pretrain_method": "pca"}, "pretrain_method='pca'"),
        ({"random_state": "zero"}, "zero"),
    ],
)
def test_wrong_parameters(values, message, blobs):
    with pytest.raises(ValueError, match=message):
        small(**values).fit(blobs[0])


def test_own_estimators_return_a_model(dec, blobs):
    """What the base asks of an estimator that trains in its own way."""

    class Loaded(estimators.base.DeepClusterer):
        def fitted_model(self, X):
            return dec.model_

    loaded = Loaded().fit(blobs[0])
    assert loaded.labels_.shape == (90,)
    assert issubclass(Loaded, DeepEstimator)


def test_they_are_imported_when_first_used():
    assert "estimators" in kerasdc._LAZY_MODULES
    assert kerasdc.estimators is estimators


# === Quality ===


@pytest.mark.slow
def test_digits(digits, monkeypatch):
    """ACC is above that of k-means by .05, without labels."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)
    monkeypatch.setattr(models.NeighborEmbedding, "fit", FIT)
    x = digits.x.reshape(len(digits.x), -1)
    labels = estimators.DEC(n_clusters=10, random_state=0).fit_predict(x)
    tf.config.run_functions_eagerly(True)
    kmeans = KMeans(10, n_init=10, random_state=0).fit_predict(x)
    accuracy = metrics.clustering_accuracy(digits.y, labels)
    assert accuracy > metrics.clustering_accuracy(digits.y, kmeans) + 0.05
