import numpy as np
import pytest

from kerasdc.automatic import choose
from kerasdc.automatic.choices import ratio_of_ranges
from kerasdc.automatic.named_layers import encoder_of
from kerasdc.automatic.named_layers import preprocessor_of


def _random(*shape):
    return np.random.default_rng(0).random(shape)


def test_columns_of_several_units_are_standardized():
    x = _random(100, 4) * [1, 10, 100, 1000]
    chosen = choose(x)
    assert (chosen.kind, chosen.preprocessor) == ("columns", "standardization")


def test_columns_of_one_unit_are_not():
    x = (16 * _random(100, 64)).astype("uint8")
    x[:, :8] = 0  # pixels that are always black
    assert choose(x).preprocessor == "scaling"


def test_unit_vectors():
    x = _random(50, 20)
    chosen = choose(x / np.linalg.norm(x, axis=1, keepdims=True))
    assert (chosen.kind, chosen.preprocessor) == ("vectors", "scaling")


@pytest.mark.parametrize(
    ("shape", "kind", "encoder"),
    [
        ((28, 28), "images", "perceptron"),
        ((64, 64), "images", "convolutions"),
        ((32, 32, 3), "images", "convolutions"),
        ((128, 3), "series", "convolutions_1d"),
        ((3, 4, 5, 6), "columns", "perceptron"),
    ],
)
def test_shapes(shape, kind, encoder):
    chosen = choose(_random(5, *shape))
    assert (chosen.kind, chosen.encoder) == (kind, encoder)
    network = encoder_of(chosen.encoder, shape)
    assert network.output_shape == (None, 10)
    assert chosen.reason


def test_tiny_images_are_not_shifted():
    """A pixel is an eighth of a digit's width."""
    tiny, usual = choose(_random(5, 8, 30)), choose(_random(5, 16, 16))
    assert (tiny.shifts, tiny.method) == (False, "consensus")
    assert (usual.shifts, usual.method) == (True, "linkage")


def test_texts():
    chosen = choose(np.array(["a text", "another"], dtype=object))
    assert (chosen.kind, chosen.preprocessor) == ("texts", "tf-idf")


def test_ratio_by_hand():
    x = np.array([[0, 0, 5], [1, 10, 5]])  # ranges 1 and 10; one constant
    assert ratio_of_ranges(x) == pytest.approx(9.1 / 1.9)
    assert ratio_of_ranges(np.ones((3, 2))) == 1.0


def test_unknown_names():
    with pytest.raises(ValueError, match="preprocessor"):
        preprocessor_of("standardisation")
    with pytest.raises(ValueError, match="encoder"):
        encoder_of("transformer", (4,))
