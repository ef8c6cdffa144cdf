"""What `summarize` finds on data small enough to work it out by hand."""

import sys

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf
from scipy.cluster.hierarchy import is_valid_linkage

import kerasdc
from kerasdc.models import EditedClusters
from kerasdc.summary.joining import average_linkage
from kerasdc.summary.telling import standardized_differences
from kerasdc.summary.telling import words_of_clusters

pytestmark = pytest.mark.usefixtures("eagerly")
X = np.array(
    [[0, 0], [1, 0], [-1, 0], [10, 0], [10, 2], [0, 20], [4, 0]], "float32"
)
CENTERS = np.array([[0, 0], [10, 0], [0, 20]], "float32")
LABELS = [0, 0, 0, 1, 1, 2, 0]
IDS = [f"{letter}.png" for letter in "abcdefg"]
WORDS = ["cat", "dog", "bird", "fish"]
TEXTS = ["cat cat", "a cat and a dog", "bird", "bird fish", "fish bird"]


def identity(dim):
    inputs = keras.Input((dim,))
    layer = keras.layers.Dense(dim, kernel_initializer="identity")
    return keras.Model(inputs, layer(inputs))


def make(x, centers, preprocessor=None):
    """A DEC whose embedding is its features, with these centers."""
    dim = centers.shape[1]
    model = kerasdc.models.DEC(len(centers), identity(dim), None, preprocessor)
    model.compile()
    model.adapt(x, initial_centers=centers)
    return model


@pytest.fixture(scope="module")
def model():
    return make(X, CENTERS)


@pytest.fixture(scope="module")
def of_texts():
    tf_idf = kerasdc.layers.TfIdf(vocabulary=WORDS)
    centers = np.array([[2, 0, 0, 0], [0, 0, 1.4, 1.4]], "float32")
    return make(TEXTS, centers, tf_idf)


@pytest.fixture
def summary(model):
    return kerasdc.summarize(model, X, ids=IDS)


def soft_assignment(x=X, centers=CENTERS):
    distances = np.square(x[:, None] - centers).sum(axis=-1)
    kernel = 1 / (1 + distances)
    return kernel / kernel.sum(axis=1, keepdims=True)


# === What it says ===


def test_clusters(summary):
    q = soft_assignment()
    assert summary.labels.tolist() == LABELS
    np.testing.assert_allclose(summary.certainty, q.max(axis=1), 1e-5)
    first, second, third = summary.clusters
    assert [c.id for c in summary.clusters] == [0, 1, 2]
    assert (first.name, first.size, first.share) == ("0", 4, 4 / 7)
    expected = q[[0, 1, 2, 6], 0].mean()
    assert first.certainty == pytest.approx(expected, rel=1e-5)
    # The mean of the cluster is (1, 0); (0, 0) comes before (-1, 0).
    assert first.exemplars == (1, 0, 2, 6)
    # (4, 0) and (1, 0) are nearest to the other clusters.
    assert first.uncertain == (6, 1, 2, 0)
    # Means: (1, 0), (10, 1), (0, 20).
    assert first.neighbors == (1, 2)
    assert second.neighbors == (0, 2)
    assert third.neighbors == (0, 1)
    assert third.words == () and first.words == ()


def test_telling_features(model):
    frame = pandas.DataFrame(X, columns=["width", "height"])
    summary = kerasdc.summarize(model, frame, num_features=1)
    # Of column 0 the mean is 24 / 7, the mean square 218 / 7; the rest of
    # cluster 1 has the mean 4 / 5.
    deviation = np.sqrt(218 / 7 - (24 / 7) ** 2)
    ((name, value),) = summary.clusters[1].features
    assert name == "width"
    assert value == pytest.approx((10 - 4 / 5) / deviation, rel=1e-5)
    assert summary.clusters[2].features[0][0] == "height"
    unnamed = kerasdc.summarize(model, X).clusters[2].features
    assert [name for name, _ in unnamed] == ["feature 1", "feature 0"]


def test_columns_that_tell_nothing():
    x = np.array([[0.1, 1], [0.1, 2], [0.1, 6]], "float32")
    found = standardized_differences(x, np.array([0, 0, 0]), [0, 1])
    assert not found.any()
    found = standardized_differences(x, np.array([0, 0, -1]), [0, 1])
    deviation = np.std([1, 2, 6])
    expected = [[0, -4.5 / deviation], [0, 0]]
    np.testing.assert_allclose(found, expected, 1e-6)


def test_words_by_their_formula():
    """W = tf_t,c * log(1 + A / tf_t), with A = 5 / 2 words per cluster."""
    texts = ["cat cat", "the dog", "dog bird", "cow"]
    labels = np.array([0, 0, 1, -1])
    words, weights = words_of_clusters(texts, labels, [0, 1, 2])
    assert words == ["bird", "cat", "cow", "dog"]
    log = np.log1p([2.5 / 1, 2.5 / 2, 0, 2.5 / 2])
    expected = [
        [0, 2 * log[1], 0, log[3]],
        [log[0], 0, 0, log[3]],
        [0, 0, 0, 0],
    ]
    np.testing.assert_allclose(weights, expected, 1e-12)
    words, _ = words_of_clusters(texts, labels, [0, 1], stop_words=None)
    assert "the" in words


def test_words_that_every_cluster_has_tell_nothing():
    texts = ["mail cat 12", "mail cat", "cat", "mail dog", "mail"]
    labels = np.array([0, 0, 0, 1, 1])
    words, weights = words_of_clusters(texts, labels, [0, 1])
    assert words == ["cat", "dog", "mail"]
    assert not weights[:, 2].any() and weights[0, 0] > 0 < weights[1, 1]
    words, weights = words_of_clusters(texts[:3], labels[:3], [0])
    assert weights.all()  # of one cluster


def test_texts(of_texts):
    summary = kerasdc.summarize(of_texts, TEXTS)
    assert summary.labels.tolist() == [0, 0, 1, 1, 1]
    first, second = ([word for word, _ in c.words] for c in summary.clusters)
    assert first == ["cat", "dog"] and second == ["bird", "fish"]
    assert "cat, dog" in str(summary)
    without = kerasdc.summarize(of_texts, ["?", "!"])
    assert without.clusters[0].words == ()


def test_images_have_neither():
    x = np.array([[[0.0]], [[9.0]]])
    flat = keras.Sequential([keras.Input((1, 1)), keras.layers.Flatten()])
    model = kerasdc.models.DEC(2, flat, preprocessor=None)
    model.compile()
    model.adapt(x, initial_centers=np.array([[0.0], [9.0]]))
    cluster = kerasdc.summarize(model, x).clusters[1]
    assert cluster.features == cluster.words == ()
    assert cluster.exemplars == (1,)


def test_outliers_and_back(model):
    summary = kerasdc.summarize(model, X, min_certainty=0.9)
    # (4, 0): 1/17 beside 1/37 and 1/417.
    assert summary.outliers.tolist() == [6] and summary.labels[6] == -1
    assert [c.size for c in summary.clusters] == [3, 2, 1]
    assert summary.clusters[0].uncertain[0] == 6
    assert summary.clusters[0].exemplars == (0, 1, 2)
    assert "1 outliers of certainty below 0.9" in str(summary)
    assert summary.reassign() is summary
    assert summary.labels.tolist() == LABELS and not len(summary.outliers)
    summary.mark_outliers(1)
    assert (summary.labels == -1).all()
    assert np.isnan(summary.clusters[0].certainty)
    with pytest.raises(ValueError, match="at least two clusters"):
        summary.hierarchy()


def test_hierarchy(summary):
    linkage = summary.hierarchy()
    assert is_valid_linkage(linkage)
    # From (1, 0), of 4 samples, and (10, 1), of 2, to (0, 20).
    far = (4 * np.sqrt(1 + 400) + 2 * np.sqrt(100 + 361)) / 6
    expected = [[0, 1, np.sqrt(82), 2], [2, 3, far, 3]]
    np.testing.assert_allclose(linkage, expected, 1e-6)
    means = np.random.default_rng(0).normal(size=(8, 3))
    from scipy.cluster.hierarchy import linkage

    expected = linkage(means, "average")
    found = average_linkage(means, np.ones(8))
    np.testing.assert_allclose(found, expected, 1e-12)


def test_tables(summary, monkeypatch):
    frame = summary.table()
    assert frame["size"].tolist() == [4, 2, 1]
    assert frame["exemplars"][1] == ["d.png", "e.png"]
    monkeypatch.setitem(sys.modules, "pandas", None)
    rows = summary.table()
    assert [row["id"] for row in rows] == [0, 1, 2]
    lines = str(summary).splitlines()
    assert lines[0] == "7 samples in 3 clusters" and len(lines) == 5
    assert lines[3].split()[:3] == ["1", "2", "28.6%"]
    assert "1   far   2" in str(summary.rename(1, "far"))


# === Edits ===


def test_merge(summary, model):
    q = soft_assignment()
    assert summary.merge(2, 0) is summary
    assert [c.id for c in summary.clusters] == [0, 1]
    assert summary.labels.tolist() == [0, 0, 0, 1, 1, 0, 0]
    expected = np.stack([q[:, 0] + q[:, 2], q[:, 1], 0 * q[:, 2]], axis=1)
    np.testing.assert_allclose(summary.soft_assignment, expected, 1e-4)
    found = summary.model.predict(X, verbose=0)
    np.testing.assert_allclose(found, summary.soft_assignment, 1e-6)
    assert model.assign(X).tolist() == LABELS  # is as it was
    message = "`merge` must be one of the clusters 0, 1. Received: merge=2"
    with pytest.raises(ValueError, match=message):
        summary.merge(2, 0)
    with pytest.raises(ValueError, match="at a time"):
        summary.merge(1, 1)
    assert summary.labels.tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_split(summary):
    summary.split(0, 2)
    # 0, 1, -1 and 4, the smaller piece.
    assert summary.labels.tolist() == [0, 0, 0, 1, 1, 2, 3]
    np.testing.assert_allclose(
        summary.certainty, soft_assignment().max(axis=1), 1e-5
    )
    assert summary.model.assign(X).tolist() == [0, 0, 0, 1, 1, 2, 3]
    summary.merge(3, 1).split(1, 2)
    assert summary.labels.tolist() == [0, 0, 0, 1, 1, 2, 4]
    assert [c.id for c in summary.clusters] == [0, 1, 2, 4]
    with pytest.raises(ValueError, match="Received: cluster=2 of 1 samples"):
        summary.split(2)
    with pytest.raises(ValueError, match="one of the clusters 0, 1, 2, 4"):
        summary.split(3)


def test_rename(summary):
    summary.rename(2, "high").rename(0, "low")
    assert [c.name for c in summary.clusters] == ["low", "1", "high"]
    summary.merge(1, 2)
    assert [c.name for c in summary.clusters] == ["low", "high"]
    summary.merge(0, 1)
    assert [c.name for c in summary.clusters] == ["low"]
    with pytest.raises(ValueError, match="not empty. Received: name=' '"):
        summary.rename(0, " ")
    with pytest.raises(ValueError, match="Received: cluster=2"):
        summary.rename(2, "high")


@pytest.fixture(scope="module")
def edited(model):
    summary = kerasdc.summarize(model, X)
    return summary.merge(1, 2).split(0).rename(1, "far").model


def test_edits_are_saved(edited, tmp_path):
    edited.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert isinstance(again, EditedClusters) and again.adapted
    expected = edited.predict(X, verbose=0)
    np.testing.assert_array_equal(again.predict(X, verbose=0), expected)
    assert again.assign(X).tolist() == [0, 0, 0, 1, 1, 1, 3]
    assert again.cluster_names == {1: "far"}
    assert again.cluster_ids == (0, 1, 3)
    np.testing.assert_array_equal(again.embed(X), X)
    # Edits go on where they were.
    summary = kerasdc.summarize(again, X).merge(0, 3)
    assert summary.labels.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert summary.clusters[1].name == "far"


def test_edits_are_served(edited, tmp_path):
    path = kerasdc.export_saved_model(edited, tmp_path)
    served = tf.saved_model.load(str(path)).signatures
    inputs = np.vstack([X, [[np.nan, 0]]]).astype("float32")
    found = served["serving_default"](inputs=tf.constant(inputs))
    assert found["cluster"].numpy().tolist() == [0, 0, 0, 1, 1, 1, 3, -1]
    np.testing.assert_allclose(
        found["soft_assignment"][:7], edited.predict(X, verbose=0), 1e-4
    )
    names = served["name"](cluster=tf.constant([0, 1, 2, 3, -1]))["name"]
    assert names.numpy().tolist() == [b"0", b"far", b"", b"3", b""]


def test_edits_of_texts(of_texts, tmp_path):
    edited = kerasdc.summarize(of_texts, TEXTS).split(1).model
    expected = edited.assign(TEXTS)
    assert sorted(set(expected)) == [0, 1, 2]
    edited.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.assign(TEXTS).tolist() == expected.tolist()
    path = kerasdc.export_saved_model(edited, tmp_path / "served")
    served = tf.saved_model.load(str(path)).signatures["serving_default"]
    found = served(inputs=tf.constant(TEXTS))["cluster"]
    assert found.numpy().tolist() == expected.tolist()


def test_edited_models_are_not_trained(edited, model):
    for verb in ("fit", "evaluate"):
        with pytest.raises(ValueError, match=f"`model.{verb}` of the model"):
            getattr(edited, verb)(X)
    assert edited.objective(X) == model.objective(X)
    assert EditedClusters.of(edited) is edited
    with pytest.raises(ValueError, match="Received: model of type DEC"):
        EditedClusters(kerasdc.models.DEC(2))
    with pytest.raises(ValueError, match="`centers` must be finite numbers"):
        edited.divided(0, [1.0, 2.0])


# === Files ===


def test_assignments_as_csv(summary, tmp_path):
    summary.rename(1, "far").mark_outliers(0.9)
    path = summary.to_csv(tmp_path / "new" / "a.csv")
    lines = path.read_text().splitlines()
    assert lines[0] == "id,cluster,name,certainty" and len(lines) == 8
    certainty = soft_assignment().max(axis=1)
    assert lines[4] == f"d.png,1,far,{certainty[3]:.6f}"
    assert lines[7] == f"g.png,-1,outlier,{certainty[6]:.6f}"


def test_assignments_as_parquet(summary, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(summary.to_parquet(tmp_path / "a.parquet"))
    assert table["id"].to_pylist() == IDS
    assert table["cluster"].to_pylist() == LABELS
    table = parquet.read_table(summary.map(tmp_path / "map.parquet"))
    np.testing.assert_array_equal(table["x"], X[:, 0])


def test_map(summary, tmp_path):
    path = summary.map(tmp_path / "map.csv")
    lines = path.read_text().splitlines()
    assert lines[0] == "id,x,y,cluster,name,certainty"
    assert lines[5].startswith("e.png,10.0,2.0,1,1,0.9")


def test_interactive_map(of_texts, tmp_path):
    texts = [*TEXTS[:-1], "bird </script><b>fish</b>"]
    summary = kerasdc.summarize(of_texts, texts, ids=[1, 2, "c", "d", "e"])
    summary._plane = np.arange(5), np.zeros((5, 2))
    path = summary.rename(0, "pets").map(tmp_path / "map.html", "My <texts>")
    page = path.read_text(encoding="utf-8")
    assert page.count("</script>") == page.count("<script")
    assert "<script src" not in page and "a cat and a dog" in page
    assert "cluster pets" in page and "<b>fish" not in page
    assert len(page) > 1_000_000  # the library is in it


@pytest.mark.parametrize(
    "package, name", [("pyarrow", "a.parquet"), ("plotly", "a.html")]
)
def test_packages_that_are_missing(
    package, name, summary, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f"pip install {package}. Received"):
        summary.map(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


# === Errors ===


def test_errors(model, summary, tmp_path):
    with pytest.raises(ValueError, match="Received: 2 ids, 7 samples"):
        kerasdc.summarize(model, X, ids=[1, 2])
    with pytest.raises(ValueError, match="Received: min_certainty=2"):
        kerasdc.summarize(model, X, min_certainty=2)
    with pytest.raises(ValueError, match="Received: model of type Functional"):
        kerasdc.summarize(model.encoder, X)
    with pytest.raises(ValueError, match="no clusters yet"):
        kerasdc.summarize(kerasdc.models.DEC(2), X)
    with pytest.raises(ValueError, match=".csv, .parquet or .html"):
        summary.map(tmp_path / "map.png")
