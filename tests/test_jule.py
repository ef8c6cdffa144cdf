import keras
import numpy as np
import pytest
import systems
from sklearn.metrics import adjusted_rand_score

import kerasdc
from kerasdc.algorithms.degree_linkage import DegreeLinkage
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.algorithms.neighbor_graph import gaussian_neighbor_graph
from kerasdc.models import JULE
from kerasdc.utils.inputs import fingerprint

pytestmark = pytest.mark.usefixtures("eagerly")


def make_jule(edges="fuzzy", **kwargs):
    model = systems.make("jule", compiled=False, edges=edges)
    model.compile(**{"optimizer": keras.optimizers.SGD(0.01), **kwargs})
    return model


def groups_of(model, x):
    return model.membership.of(fingerprint(model.prepare(x)))


# === Merging ===


@pytest.mark.parametrize(
    "edges, find",
    [("fuzzy", fuzzy_neighbor_graph), ("gaussian", gaussian_neighbor_graph)],
)
def test_first_groups_are_those_of_nearest_samples(edges, find, blobs):
    model = make_jule(edges)
    x = model.prepare(blobs[0])
    found = model.merge(x)
    graph = find(np.array(model.features(x)), 10)
    expected = DegreeLinkage(graph).groups
    assert adjusted_rand_score(expected, found) == 1
    assert found.max() > 10  # many small ones


@pytest.mark.parametrize("wanted, left", [(5, 5), (1, 3), (90, None)])
def test_first_groups_may_be_merged_at_once(wanted, left, blobs):
    model = make_jule(first_clusters=wanted)
    x = model.prepare(blobs[0])
    graph = fuzzy_neighbor_graph(np.array(model.features(x)), 10)
    linkage = DegreeLinkage(graph)
    found = model.merge(x)
    assert len(np.unique(found)) == (left or linkage.num_clusters)
    if left:
        assert adjusted_rand_score(linkage.merge_to(left), found) == 1


def test_first_groups_of_images_that_lie_a_little_off():
    x, shape = shifted_shapes()
    for shifts in (False, True):
        model = JULE(2, seed=0, num_neighbors=4)
        model.compile(first_clusters=2, shifts=shifts)
        model.build((None, *x.shape[1:]))
        found = model.merge(model.prepare(x))
        same = adjusted_rand_score(shape, found) == 1
        assert same == shifts


def shifted_shapes():
    """Vertical and horizontal strokes of 12 x 12, each at several places."""
    generator = np.random.default_rng(0)
    images, shapes = [], []
    for shape in (0, 1):
        for place in range(3, 9):
            image = np.zeros((12, 12))
            image[place, 2:10] = 1
            image = image.T if shape else image
            for _ in range(2):
                noise = generator.normal(0, 0.02, image.shape)
                images.append(image + noise)
                shapes.append(shape)
    return np.stack(images), np.array(shapes)


def test_arguments_that_do_not_fit():
    with pytest.raises(ValueError, match="edges='fuzzy'"):
        make_jule("gaussian", shifts=True)
    with pytest.raises(ValueError, match="edges"):
        JULE(3, edges="sharp")
    with pytest.raises(ValueError, match="first_clusters"):
        make_jule(first_clusters=0)


def test_each_period_keeps_a_share_of_them(blobs):
    x, sizes = blobs[0], []
    model = make_jule(keep_share=0.4, period=2)
    count = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: sizes.append(groups_of(model, x).max() + 1)
    )
    model.fit(x, epochs=7, callbacks=[count], verbose=0)
    first = sizes[0]
    second = int(np.ceil(0.4 * first))
    third = int(np.ceil(0.4 * second))
    assert sizes == [first] * 2 + [second] * 2 + [third] * 2 + [3]


def test_groups_are_only_merged(blobs):
    model = make_jule(keep_share=0.3)
    x = model.prepare(blobs[0])
    before = model.merge(x)
    after = model.merge(x)
    for group in np.unique(before):
        assert len(np.unique(after[before == group])) == 1


def test_linkage_goes_on_from_given_groups():
    x = np.arange(12.0)[:, None] ** 1.5
    graph = gaussian_neighbor_graph(x, 3)
    groups = np.array([7] * 6 + [2] * 3 + [4] * 3)
    linkage = DegreeLinkage(graph, groups)
    assert linkage.num_clusters == 3
    found = linkage.merge_to(2)
    assert len(np.unique(found[:6])) == 1
    with pytest.raises(ValueError, match="3 clusters, 12 rows"):
        DegreeLinkage(graph, groups[:3])


def test_graph_by_hand():
    """Two neighbors each; the mean squared distance is the width."""
    x = np.array([[0.0], [1.0], [3.0]])
    squares = np.array([[0, 1, 9], [1, 0, 4], [9, 4, 0]])
    expected = np.exp(-squares / squares[squares > 0].mean())
    np.fill_diagonal(expected, 0)
    found = gaussian_neighbor_graph(x, 2).toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert gaussian_neighbor_graph(np.zeros((3, 1)), 2).nnz == 6


# === Batches ===


def test_mates_are_of_one_group(blobs):
    model = make_jule()
    x = model.prepare(blobs[0])
    batches = model.training_batches(x, 10)
    batches.on_epoch_begin()
    inputs, groups = batches[1]
    assert len(inputs) == 20
    np.testing.assert_array_equal(groups[::2], groups[1::2])
    rows = batches.rows(1)
    sizes = np.bincount(batches.target)[groups[::2]]
    assert ((rows[::2] == rows[1::2]) == (sizes == 1)).all()
    seen = np.concatenate([batches.rows(i)[::2] for i in range(len(batches))])
    assert sorted(seen) == list(range(90))


# === Outcome ===


def test_features_are_of_unit_length(trained_jule, blobs):
    z = trained_jule.embed(blobs[0])
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, rtol=1e-5)
    features = trained_jule.features(blobs[0])
    np.testing.assert_allclose(trained_jule.embedding_of(features), z, 1e-4)


@pytest.fixture(scope="module")
def trained_jule(blobs):
    model = make_jule(period=2)
    model.fit(blobs[0], epochs=4, batch_size=30, verbose=0)
    return model


def test_groups_are_saved(trained_jule, blobs, tmp_path):
    trained_jule.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        groups_of(again, blobs[0]), groups_of(trained_jule, blobs[0])
    )
    assert groups_of(again, blobs[0] + 1) is None  # other data


def test_a_loaded_model_goes_on_as_if_never_stopped(blobs, tmp_path):
    found = []
    for stops in (False, True):
        model = make_jule(period=1)
        model.fit(blobs[0], epochs=2, batch_size=30, verbose=0)
        if stops:
            model.save(tmp_path / "m.keras")
            model = keras.models.load_model(tmp_path / "m.keras")
        options = {"epochs": 4, "initial_epoch": 2, "batch_size": 30}
        model.fit(blobs[0], verbose=0, **options)
        found.append([groups_of(model, blobs[0]), *model.get_weights()])
    for first, second in zip(*found, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_images_have_the_papers_network():
    x = np.random.default_rng(0).random((20, 16, 16))
    model = JULE(2, seed=0)
    model.compile()
    model.fit(x, epochs=1, verbose=0)
    assert model.embed(x).shape == (20, 160)
    network = kerasdc.networks.jule_encoder((9, 4, 3), (6, 5), 4)
    assert network(np.ones((2, 9, 4, 3))).shape == (2, 4)


@pytest.mark.parametrize(
    "bad", [{"margin": -1}, {"keep_share": 1.0}, {"period": 0}]
)
def test_bad_arguments(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        JULE(3).compile(**bad)


def test_features_that_are_all_alike(blobs):
    model = make_jule()
    model.build((None, 6))
    for weight in model.encoder.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    x = model.prepare(blobs[0])
    with pytest.raises(ValueError, match="distinct"):
        model.adapt(x)
