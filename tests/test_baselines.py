"""Baselines: what they find, what they refuse."""

import functools
import importlib.machinery
import sys
import types

import numpy as np
import pytest
import systems
from sklearn.cluster import SpectralClustering
from sklearn.decomposition import PCA

from kerasdc import baselines
from kerasdc.baselines import ward_linkage
from kerasdc.baselines.neighbor_maps import NeighborMap
from kerasdc.baselines.preparing import Preparation
from kerasdc.metrics import clustering_accuracy

ASSIGN_NOTHING_NEW = ("ward", "spectral")
NAMES = baselines.list_baselines()
TRAINED = [n for n, b in baselines.BASELINES.items() if b.backend is None]


class FakeUMAP:
    """In place of umap-learn's: two principal components."""

    def __init__(self, n_components, **arguments):
        self.arguments = {"n_components": n_components, **arguments}
        self.pca = PCA(min(n_components, 2))

    def fit_transform(self, x):
        return self.pca.fit_transform(x)

    def transform(self, x):
        return self.pca.transform(x)


@pytest.fixture
def fake_umap(monkeypatch):
    module = types.ModuleType("umap")
    module.__spec__ = importlib.machinery.ModuleSpec("umap", None)
    module.UMAP = FakeUMAP
    monkeypatch.setitem(sys.modules, "umap", module)


@pytest.fixture(scope="module")
def groups():
    """Three groups far apart, columns of one range, and their labels."""
    y = np.tile([0, 1, 2], 30)
    centers = np.array([[0, 4, 8, 0], [8, 0, 4, 4], [4, 8, 0, 8]])
    return centers[y] + np.random.default_rng(0).normal(0, 0.3, (90, 4)), y


@pytest.fixture(scope="module")
def texts():
    """Three groups of texts that share one word, and their labels."""
    y = np.tile([0, 1, 2], 20)
    words = [
        "sea ship wave sail port",
        "oven bread salt dough",
        "goal ball kick",
    ]
    generator = np.random.default_rng(0)
    drawn = [generator.choice(words[label].split(), 8) for label in y]
    return np.array([f"the {' '.join(d)}" for d in drawn], object), y


def make(name, n_clusters=3, random_state=0):
    short = {"num_steps": 20} if name in TRAINED else {}
    return getattr(baselines, name)(n_clusters, random_state, **short)


def samples_for(name, groups, texts):
    kinds = baselines.BASELINES[name].kinds
    return groups if "tabular" in kinds else texts


@pytest.mark.parametrize("name", NAMES)
def test_separate_groups_are_found(name, groups, texts, fake_umap):
    x, y = samples_for(name, groups, texts)
    with systems.eager():
        first = make(name)
        found = first.fit_predict(x)
        # Labels and the state of other generators change nothing.
        np.random.seed(7)
        again = make(name).fit_predict(x, y[::-1])
        assert clustering_accuracy(y, found) == 1
        np.testing.assert_array_equal(found, again)
        assert hasattr(first, "predict") == (name not in ASSIGN_NOTHING_NEW)
        if name not in ASSIGN_NOTHING_NEW:
            np.testing.assert_array_equal(first.predict(x[:9]), found[:9])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["umap_kmeans", "umap_gmm"])
def test_umap_itself(name, groups):
    pytest.importorskip("umap")
    x, y = groups
    found = [make(name).fit_predict(x) for _ in range(2)]
    np.testing.assert_array_equal(*found)
    assert clustering_accuracy(y, found[0]) == 1


@pytest.mark.parametrize("name", ["kmeans", "gmm", "ward", "spectral"])
def test_texts_are_clustered_by_their_words(name, texts):
    x, y = texts
    assert clustering_accuracy(y, make(name).fit_predict(x)) == 1


# === Data ===


def test_images_are_rows_of_pixels(digits):
    x = digits.x[:200]
    found = [make("kmeans", 10).fit_predict(z) for z in (x, x.reshape(200, 64))]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", ["kmeans", "gmm", "ward", "spectral"])
def test_a_unit_of_measurement_changes_nothing(name, groups):
    x = groups[0]
    found = [make(name).fit_predict(z) for z in (x, 1e6 * x)]
    np.testing.assert_array_equal(*found)


def test_columns_of_unequal_ranges_are_standardized(groups):
    x = groups[0] * [1, 1, 1, 1000] + [0, 0, 500, 0]
    z = Preparation().fit_transform(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-5)
    constant = np.column_stack([x, np.full(90, 3.0)])
    assert np.abs(Preparation().fit_transform(constant)[:, 4]).max() == 0


def test_other_columns_keep_their_ranges(groups):
    x = groups[0] * [1, 2, 1, 1]
    z = Preparation().fit_transform(x)
    np.testing.assert_allclose(z / x, (z / x)[0, 0], rtol=1e-5)
    assert z.var(axis=0).mean() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("bad", [[["a", 1]], np.full((9, 2), np.nan), []])
def test_samples_must_be_usable(bad):
    with pytest.raises(ValueError, match="Received"):
        make("kmeans").fit(bad)


def test_new_samples_must_have_the_shape_of_the_others(groups):
    kmeans = make("kmeans").fit(groups[0])
    with pytest.raises(ValueError, match=r"x of shape \(90, 3\)"):
        kmeans.predict(groups[0][:, 1:])
    with pytest.raises(ValueError, match="x of dtype"):
        make("lsa_kmeans").fit(groups[0])


# === Methods ===


def test_spectral_clusters_are_those_of_scikit_learn(digits):
    x = digits.x[:400]
    expected = SpectralClustering(
        10,
        affinity="nearest_neighbors",
        n_neighbors=10,
        assign_labels="cluster_qr",
        random_state=0,
    ).fit_predict(x.reshape(400, 64))
    found = make("spectral", 10).fit_predict(x)
    assert clustering_accuracy(expected, found) > 0.99


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 4])
def test_parts_of_the_graph_are_clusters(n_clusters, groups):
    """Of three parts, the graph of 10 neighbors has 30 samples each."""
    x, y = groups
    found = make("spectral", n_clusters).fit_predict(x)
    assert len(np.unique(found)) == n_clusters
    shared = len(np.unique(list(zip(y, found)), axis=0))
    if n_clusters != 2:  # which cuts one of them
        assert shared == max(n_clusters, 3)


def test_more_clusters_than_samples_are_refused(groups):
    for name in ("kmeans", "ward", "spectral"):
        with pytest.raises(ValueError, match="n_clusters|n_samples|samples"):
            make(name, 90 if name == "spectral" else 91).fit(groups[0])


def test_ward_takes_few_samples(groups, monkeypatch):
    monkeypatch.setattr(ward_linkage, "MOST_SAMPLES", 89)
    with pytest.raises(ValueError, match="Received: 90 samples"):
        make("ward").fit_predict(groups[0])


@pytest.mark.parametrize(("n_clusters", "dim"), [(3, 3), (20, 10)])
def test_map_of_ten_neighbors(n_clusters, dim, groups, texts, fake_umap):
    steps = make("umap_gmm", n_clusters)[:2]
    steps.fit(groups[0])
    expected = {
        "n_neighbors": 10,
        "n_components": dim,
        "min_dist": 0.0,
        "metric": "euclidean",
        "random_state": 0,
        "n_jobs": 1,
    }
    assert steps[1].map_.arguments == expected
    steps.fit(texts[0])
    assert steps[1].map_.arguments["metric"] == "cosine"


def test_n2d_is_the_papers_but_for_its_length(fake_umap):
    _, code, neighbors, *_ = (step for _, step in make("n2d", 4).steps)
    assert (code.latent_dim, code.num_steps) == (4, 20)
    assert (neighbors.n_components, neighbors.n_neighbors) == (4, 20)
    assert isinstance(neighbors, NeighborMap)


# === Arguments ===


@pytest.mark.parametrize("name", ["umap_kmeans", "umap_gmm", "n2d"])
def test_missing_umap_is_named(name, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *args: None if name == "umap" else find(name, *args),
    )
    with pytest.raises(ImportError, match=r"pip install -e \"\.\[umap\]\""):
        baselines.make_baseline(name, 3)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_checked(name, fake_umap):
    make_it = functools.partial(baselines.make_baseline, name)
    with pytest.raises(ValueError, match="Received: n_clusters=0"):
        make_it(0)
    with pytest.raises(ValueError, match="Received: random_state=-1"):
        make_it(3, random_state=-1)


def test_unknown_names_list_the_closest():
    with pytest.raises(ValueError, match="'kmeans'.*Received: name='kmeens'"):
        baselines.make_baseline("kmeens", 3)
    with pytest.raises(AttributeError, match="no attribute 'kmeens'"):
        _ = baselines.kmeens
    assert set(NAMES) <= set(dir(baselines))
    assert all(callable(getattr(baselines, name)) for name in NAMES)


def test_names_need_no_scikit_learn(run_python):
    program = (
        "import sys\n"
        "sys.modules['sklearn'] = sys.modules['matplotlib'] = None\n"
        "import kerasdc\n"
        "print(len(kerasdc.baselines.list_baselines()))"
    )
    assert int(run_python(program)) == len(NAMES)
