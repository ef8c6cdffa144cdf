import numpy as np
import pytest

from kerasdc import plots


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_must_be_finite(value):
    points = np.ones((5, 2))
    points[3:, 1] = value
    with pytest.raises(ValueError, match="Received: .* in 2 rows, first 3$"):
        plots.embedding(points, np.arange(5))


def test_far_off_points_do_not_hide_the_others():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(20_000, 2))
    points[7] = 1e4
    axes = plots.embedding(points, np.zeros(20_000, int)).axes[0]
    assert -20 < axes.get_xlim()[0] < axes.get_xlim()[1] < 20
    texts = [text.get_text() for text in axes.texts]
    assert any("of 20,000 points lie outside" in text for text in texts)
    axes = plots.embedding(points[:7], np.zeros(7, int)).axes[0]
    assert axes.get_xlim()[0] < points[:7, 0].min()
    assert not any("outside" in text.get_text() for text in axes.texts)


@pytest.mark.parametrize(
    "groups", [np.eye(3), np.zeros((3, 1), int), ["a", None, "b"], [0.0] * 3]
)
def test_groups_must_be_labels(groups):
    with pytest.raises(ValueError, match="Received: groups"):
        plots.embedding(np.zeros((3, 2)), groups)
