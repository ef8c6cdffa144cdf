import numpy as np
import pytest

from kerasdc import plots


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_must_be_finite(value):
    points = np.ones((5, 2))
    points[3:, 1] = value
    with pytest.raises(ValueError, match="Received: .* in 2 rows, first 3$"):
        plots.embedding(points, np.arange(5))
