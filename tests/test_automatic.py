import keras
import numpy as np
import pytest

import kerasdc
from kerasdc.algorithms.neighbor_graph import fuzzy_neighbor_graph
from kerasdc.automatic import cluster
from kerasdc.automatic import select
from kerasdc.automatic.one_call import chosen_parts
from kerasdc.automatic.selection import Selection
from kerasdc.automatic.selection import candidate_numbers
from kerasdc.automatic.selection import select_num_clusters
from kerasdc.metrics import clustering_accuracy
from kerasdc.models.bases import graph_search
from kerasdc.models.bases import neighbor_points

SHORT = {"pretrain_steps": 100, "fit_steps": 100, "verbose": 0}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 100)
    monkeypatch.setattr(neighbor_points, "_BATCH_SIZE", 512)
    monkeypatch.setattr(graph_search, "NUM_POINT_SETS", 1)


def _blobs(num=50, k=4, seed=0):
    generator = np.random.default_rng(seed)
    y = np.repeat(np.arange(k), num)
    x = 10 * np.eye(k, 6)[y] + generator.normal(size=(k * num, 6))
    return x.astype("float32"), y


def test_columns_of_several_units_and_the_number_of_clusters():
    x, y = _blobs()
    x = x * [1, 10, 100, 1e3, 1e4, 1e5] + 1e3
    result = cluster(x, num_clusters=range(2, 8), **SHORT)
    assert result.choices.preprocessor == "standardization"
    assert result.selection.best == result.model.num_clusters == 4
    assert clustering_accuracy(y, result.labels) == 1.0
    assert result.agreement == 1.0
    for text in ("standardization", "4 clusters", "modularity", "suggested"):
        assert text in str(result)


@pytest.mark.slow
def test_images_are_shifted_and_augmented():
    generator = np.random.default_rng(0)
    y = np.repeat([0, 1], 40)
    shapes = np.zeros((2, 10, 10))
    shapes[0, 4:6, 2:8] = shapes[1, 2:8, 4:6] = 200
    x = shapes[y] + generator.uniform(0, 40, (80, 10, 10))
    result = cluster(x.astype("uint8"), 2, **SHORT)
    chosen = result.choices
    assert (chosen.kind, chosen.preprocessor) == ("images", "contrast")
    assert chosen.shifts and chosen.augmentation == "shift_rotation"
    assert clustering_accuracy(y, result.labels) == 1.0


@pytest.mark.slow
def test_texts():
    words = ["river water fish boat", "engine wheel road car"]
    generator = np.random.default_rng(0)
    y = np.arange(60) % 2
    texts = [" ".join(generator.permutation(words[i].split())[:3]) for i in y]
    result = cluster(texts, 2, **SHORT)
    assert result.choices.preprocessor == "tf-idf"
    assert clustering_accuracy(y, result.labels) == 1.0


def test_choices_can_be_overridden():
    x, _ = _blobs()
    encoder = kerasdc.networks.mlp_encoder((6,), (8,), 3, name="mine")
    auto = dict.fromkeys(("augmentation", "shifts", "method"), "auto")
    given = {"encoder": encoder, "preprocessor": None, **auto}
    choices, arguments = chosen_parts(x, given, seed=0)
    assert arguments["encoder"] is encoder
    assert arguments["preprocessor"] is None
    assert (choices.encoder, choices.preprocessor) == ("mine", None)
    assert (choices.method, choices.shifts) == ("consensus", False)


@pytest.mark.slow
def test_a_seed_makes_it_repeatable():
    x, _ = _blobs(k=2)
    first, second = (cluster(x, 2, seed=3, **SHORT) for _ in range(2))
    np.testing.assert_array_equal(
        first.summary.soft_assignment, second.summary.soft_assignment
    )


def test_time_ends_it(monkeypatch):
    monkeypatch.setattr(neighbor_points, "_NUM_STEPS", 10**7)
    x, _ = _blobs(k=2)
    steps = {"pretrain_steps": 10**7, "fit_steps": 10**7}  # days
    result = cluster(x, 2, max_minutes=1e-6, verbose=0, **steps)
    assert result.labels.shape == (100,)


def test_models_are_ranked():
    x, y = _blobs()
    means = np.stack([x[y == i].mean(axis=0) for i in range(4)])
    models = {}
    for name in ("right", "wrong"):
        encoder = keras.Sequential([keras.Input((6,)), keras.layers.Identity()])
        models[name] = kerasdc.models.DEC(4, encoder, preprocessor=None)
        models[name].adapt(x, initial_centers=means)
        means = np.random.default_rng(0).normal(size=means.shape)
    found = select(x, models)
    assert found.best == "right" and found.plausible == ["right"]


def test_ranking_needs_two_fitted_models():
    x, _ = _blobs()
    with pytest.raises(ValueError, match="at least 2"):
        select(x, {"only": kerasdc.models.DEC(4)})
    with pytest.raises(ValueError, match="models of clusters"):
        select(x, {"a": kerasdc.models.DEC(4), "b": "dec"})


def test_wrong_numbers():
    x, _ = _blobs()
    graph = fuzzy_neighbor_graph(x)
    for numbers in ([1, 2], [], [2, 10**6]):
        with pytest.raises(ValueError, match="num_clusters"):
            select_num_clusters(graph, {"x": x}, x, numbers)


def test_numbers_that_are_tried():
    assert candidate_numbers(25) == [2]
    numbers = candidate_numbers(10**6)
    assert numbers[:8] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert numbers[-1] <= 100 and np.all(np.diff(numbers) > 0)


def test_what_is_as_good_within_its_spread():
    drawn = {
        2: np.array([0.1, 0.2, 0.3]),
        3: np.array([0.5, 0.6, 0.7]),
        4: np.array([0.5, 0.62, 0.67]),
    }
    found = Selection.of(drawn)
    assert (found.best, found.plausible) == (3, [3, 4])
    assert found.scores[2] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_clusters": 0}, "num_clusters"),
        ({"num_clusters": 10**6}, "distinct samples"),
        ({"num_clusters": 2, "max_minutes": 0}, "max_minutes"),
        ({"num_clusters": 2, "preprocessor": "pca"}, "preprocessor"),
        ({"num_clusters": 2, "y": [0, 1]}, "never trains on labels"),
    ],
)
def test_wrong_arguments(arguments, message):
    x, _ = _blobs(k=2)
    with pytest.raises(ValueError, match=message):
        cluster(x, **SHORT, **arguments)
