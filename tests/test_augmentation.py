import keras
import numpy as np
import pytest
from keras import ops

import kerasdc
from kerasdc.layers import RandomShiftRotation


def augment(layer, images):
    return ops.convert_to_numpy(layer(images, training=True))


def images_of(shape, seed=0):
    generator = np.random.default_rng(seed)
    return generator.random(shape).astype("float32")


def test_does_nothing_outside_training():
    images = images_of((2, 5, 5))
    layer = RandomShiftRotation()
    assert (ops.convert_to_numpy(layer(images)) == images).all()


def test_no_shift_and_no_rotation_is_the_image():
    images = images_of((2, 5, 6, 3))
    layer = RandomShiftRotation(shift=0, rotation=0)
    np.testing.assert_allclose(augment(layer, images), images, atol=1e-5)


def test_shift_keeps_mass_and_moves_both_ways():
    images = np.zeros((200, 21, 11), "float32")
    images[:, 10, 5] = 1
    moved = augment(RandomShiftRotation(0.2, 0, seed=0), images)
    np.testing.assert_allclose(moved.sum(axis=(1, 2)), 1, atol=1e-4)
    rows = (moved.sum(axis=2) @ np.arange(21.0)) - 10
    columns = (moved.sum(axis=1) @ np.arange(11.0)) - 5
    for offsets, limit in ((rows, 4.2), (columns, 2.2)):
        assert abs(offsets).max() <= limit + 1e-3
        assert offsets.min() < -0.8 * limit
        assert offsets.max() > 0.8 * limit
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.3


def test_shift_fills_with_zeros():
    images = np.ones((50, 8, 8), "float32")
    moved = augment(RandomShiftRotation(0.5, 0, seed=0), images)
    # Nothing wraps around: what leaves on one side is gone.
    assert (moved.sum(axis=(1, 2)) < 63.9).mean() > 0.9
    assert moved.max() <= 1 + 1e-5
    assert moved.min() >= 0


def test_transform_of_a_known_shift_equals_slicing():
    class Fixed(RandomShiftRotation):
        def _uniform(self, num_images, limit):
            # Half of each limit: 0 degrees, 2 rows and 1 column.
            return ops.ones((num_images,)) * (limit / 2)

    images = images_of((1, 8, 4))
    moved = augment(Fixed(0.5, 0), images)
    expected = np.zeros_like(images)
    expected[:, :-2, :-1] = images[:, 2:, 1:]
    np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_rotation_is_about_the_middle():
    side = np.arange(21) - 10
    radius = np.hypot(*np.meshgrid(side, side))
    disc = np.clip(6 - radius, 0, 1).astype("float32")
    disc = np.repeat(disc[None], 20, axis=0)
    moved = augment(RandomShiftRotation(0, 180, seed=0), disc)
    assert abs(moved - disc).max() < 0.3
    bar = np.zeros((20, 21, 21), "float32")
    bar[:, 10, 3:18] = 1
    turned = augment(RandomShiftRotation(0, 180, seed=0), bar)
    assert (abs(turned - bar).sum(axis=(1, 2)) > 5).mean() > 0.8
    np.testing.assert_allclose(turned[:, 10, 10], 1, atol=0.05)


def test_right_angle_equals_rot90():
    class Fixed(RandomShiftRotation):
        def _uniform(self, num_images, limit):
            return ops.ones((num_images,)) * limit

    images = images_of((2, 6, 6))
    moved = augment(Fixed(0, 90), images)
    expected = np.rot90(images, axes=(1, 2))
    np.testing.assert_allclose(moved, expected, atol=1e-4)


class AtLimit(RandomShiftRotation):
    def _uniform(self, num_images, limit):
        return ops.ones((num_images,)) * limit


def test_shear_slants_upright_lines_alone():
    images = np.zeros((1, 21, 21), "float32")
    images[:, :, 10] = 1
    moved = augment(AtLimit(0, 0, shear=45), images)[0]
    # One pixel aside for each pixel down, through the middle.
    np.testing.assert_allclose(moved, np.eye(21)[::-1], atol=1e-4)
    level = np.swapaxes(images, 1, 2)
    moved = augment(AtLimit(0, 0, shear=30), level)
    np.testing.assert_allclose(moved[0, :, 4:17], level[0, :, 4:17], atol=1e-4)


def test_zoom_stretches_each_side_about_the_middle():
    images = np.zeros((300, 31, 31), "float32")
    images[:, 10:21, 10:21] = 1
    moved = augment(RandomShiftRotation(0, 0, zoom=0.2, seed=0), images)
    for axis, other in ((1, 2), (2, 1)):
        sides = moved.sum(axis=axis).max(axis=other - (other > axis)) / 11
        assert 1 / 1.25 < sides.min() < 1 / 1.15
        assert 1 / 0.85 < sides.max() < 1 / 0.75
    middle = moved.sum(axis=1) @ np.arange(31.0) / moved.sum(axis=(1, 2))
    np.testing.assert_allclose(middle, 15, atol=1e-3)
    both = moved.sum(axis=1).max(axis=1), moved.sum(axis=2).max(axis=1)
    assert abs(np.corrcoef(*both)[0, 1]) < 0.2


def test_is_seeded_and_every_image_has_its_own():
    images = np.repeat(images_of((1, 9, 9)), 3, axis=0)
    first, same, other = (
        augment(RandomShiftRotation(seed=seed), images) for seed in (1, 1, 2)
    )
    assert (first == same).all()
    assert (first != other).any()
    assert (first[0] != first[1]).any()


def test_channels_do_not_matter():
    images = images_of((4, 7, 9))
    plain = augment(RandomShiftRotation(seed=1), images)
    stacked = augment(
        RandomShiftRotation(seed=1), np.stack([images, images], axis=-1)
    )
    assert (plain == stacked[..., 0]).all()
    assert (plain == stacked[..., 1]).all()


@pytest.mark.parametrize("shape", [(2, 9), (2, 3, 4, 5, 6)])
def test_refuses_rank(shape):
    with pytest.raises(ValueError, match="Received: input_shape="):
        RandomShiftRotation()(np.zeros(shape, "float32"), training=True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shift": 1.1},
        {"shift": -0.1},
        {"rotation": 181},
        {"shear": 90},
        {"shear": -1},
        {"zoom": 1},
        {"zoom": float("nan")},
        {"seed": -1},
    ],
)
def test_refuses_arguments(arguments):
    with pytest.raises(ValueError, match="Received: "):
        RandomShiftRotation(**arguments)


def test_config_round_trip():
    layer = RandomShiftRotation(0.2, 5, 20, 0.1, seed=3)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert (again.shift, again.rotation) == (0.2, 5)
    assert (again.shear, again.zoom, again.seed) == (20, 0.1, 3)


def test_tensorflow_does_not_compile_it_by_xla():
    """Where there is a GPU, Keras would, and there is no such kernel."""
    layer = kerasdc.layers.RandomShiftRotation()
    on_tensorflow = keras.backend.backend() == "tensorflow"
    assert layer.supports_jit is not on_tensorflow
    model = kerasdc.models.DEC(2, augmentation=layer)
    model.compile()
    assert not (on_tensorflow and model.jit_compile)
