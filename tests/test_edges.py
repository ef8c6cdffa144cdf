import numpy as np
import pytest
from keras import ops

from kerasdc import losses
from kerasdc.losses.gradients import input_gradient

A, B = 1.9, 0.8


def pair(distance):
    """Two ends of one edge in the plane, at a distance."""
    return np.zeros((1, 2)), distance * np.array([[0.6, 0.8]])


@pytest.mark.parametrize("distance", [0.3, 1.0, 50.0, 1e6])
def test_terms_by_their_equations(distance):
    v = 1 / (1 + A * distance ** (2 * B))
    rel = 0.012  # the authors add 0.001 to the square
    ends = pair(distance)
    attraction = losses.edge_attraction(*ends, A, B)
    repulsion = losses.edge_repulsion(*ends, A, B)
    assert float(attraction[0]) == pytest.approx(-np.log(v), rel)
    assert float(repulsion[0]) == pytest.approx(-np.log1p(-v), rel, 1e-7)


def test_terms_by_hand():
    """At a d^(2b) = 3, v is 1/4."""
    ends = pair(np.sqrt(3 - 0.001))
    attraction = float(losses.edge_attraction(*ends, 1.0, 1.0)[0])
    repulsion = float(losses.edge_repulsion(*ends, 1.0, 1.0)[0])
    assert attraction == pytest.approx(np.log(4))
    assert repulsion == pytest.approx(np.log(4 / 3))


def slope(term, distance, b=B):
    """Of a term, per distance, as the second end moves away."""
    first, second = pair(distance)

    def function(z):
        return ops.sum(term(first, z, A, b))

    gradient = np.array(input_gradient(function, second.astype("float32")))
    assert np.isfinite(gradient).all()
    return (gradient @ [0.6, 0.8]).item()


@pytest.mark.parametrize("distance", [0.5, 2.0, 1e6, 1e15])
def test_gradients_by_their_equations(distance):
    """`2b / d` of the attraction times 1 - v; of the repulsion, times v."""
    v = 1 / (1 + A * distance ** (2 * B))
    expected = 2 * B / distance * (1 - v)
    assert slope(losses.edge_attraction, distance) == pytest.approx(
        expected, 0.02
    )
    assert slope(losses.edge_repulsion, distance) == pytest.approx(
        -2 * B / distance * v, 0.02, 1e-30
    )


@pytest.mark.parametrize("b", [0.3, 0.8, 2.5])
def test_gradients_of_points_that_coincide(b):
    """Are 0, and bounded on the way there."""
    for term in (losses.edge_attraction, losses.edge_repulsion):
        assert slope(term, 0.0, b) == 0
        for distance in (1e-30, 1e-8, 1e-3, 0.03):
            assert abs(slope(term, distance, b)) < 40 * b


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e10, 3e38])
def test_finite_at_any_scale(scale):
    rng = np.random.default_rng(0)
    first, second = scale * rng.uniform(-1, 1, (2, 9, 3)).astype("float32")
    loss = losses.edge_cross_entropy(first, second, A, B)
    gradient = input_gradient(
        lambda z: losses.edge_cross_entropy(first, z, A, B), second
    )
    assert np.isfinite(float(loss))
    assert np.isfinite(np.array(gradient)).all()


def test_cross_entropy_by_loops():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 5, 3))

    def v(i, j):
        squared = ((first[i] - second[j]) ** 2).sum() + 0.001
        return 1 / (1 + A * squared**B)

    edges = [-np.log(v(i, i)) for i in range(5)]
    others = [
        -np.log(1 - v(i, (i + shift) % 5)) for shift in (1, 2) for i in range(5)
    ]
    expected = np.mean(edges) + 3 * np.mean(others)
    found = losses.edge_cross_entropy(first, second, A, B, 2, 3.0)
    assert float(found) == pytest.approx(expected, 1e-5)
    assert found.dtype == "float32"


def test_half_precision_is_computed_in_float32():
    first, second = np.random.default_rng(2).normal(size=(2, 9, 3))
    whole = losses.edge_cross_entropy(first, second, A, B)
    half = losses.edge_cross_entropy(
        ops.cast(first, "bfloat16"), ops.cast(second, "bfloat16"), A, B
    )
    assert half.dtype == "float32"
    assert float(half) == pytest.approx(float(whole), 0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"second": np.ones((9, 2))}, r"Received: shapes \(9, 3\) and \(9, 2"),
        ({"a": 0.0}, "Received: a=0.0$"),
        ({"b": -1.0}, "Received: b=-1.0$"),
        ({"num_negatives": 9}, "here 9. Received: num_negatives=9$"),
        ({"num_negatives": 0}, "Received: num_negatives=0$"),
        ({"repulsion_weight": -1}, "Received: repulsion_weight=-1$"),
    ],
)
def test_what_is_refused(arguments, message):
    x = np.ones((9, 3))
    arguments = {"first": x, "second": x, "a": A, "b": B, **arguments}
    with pytest.raises(ValueError, match=message):
        losses.edge_cross_entropy(**arguments)
