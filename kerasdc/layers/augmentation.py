"""Random shifts and rotations of images."""

import math

import keras
from keras import ops

from kerasdc.layers.seeded import Seeded


@keras.saving.register_keras_serializable(package="kerasdc")
class RandomShiftRotation(Seeded, keras.layers.Layer):
    """Shifts and rotates every image at random, while training.

    One affine map with one bilinear interpolation does both, which is
    cheaper and blurs less than a layer for each. Pixels that come from
    outside the image are 0. Outside training the layer does nothing.

    Reference:

    - [Guo et al., 2018](https://proceedings.mlr.press/v95/guo18b.html)
      (DEC with data augmentation) shifts by up to 0.1 of the side and
      rotates by up to 10 degrees.

    Args:
        shift: Float from 0 to 1. Largest shift along each side, as a
            fraction of the side.
        rotation: Float from 0 to 180. Largest angle in degrees, both ways.
        seed: Optional integer for repeatable draws.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Call arguments:
        inputs: Images.
        training: Boolean. `True` augments.

    Input shape:
        `(batch_size, height, width)` or
        `(batch_size, height, width, channels)`.

    Output shape:
        The same.
    """

    def __init__(self, shift=0.1, rotation=10.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= shift <= 1:
            raise ValueError(
                f"`shift` must be from 0 to 1. Received: shift={shift}"
            )
        if not 0 <= rotation <= 180:
            raise ValueError(
                "`rotation` must be from 0 to 180 degrees. "
                f"Received: rotation={rotation}"
            )
        self.shift = float(shift)
        self.rotation = float(rotation)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        if len(input_shape) not in (3, 4):
            raise ValueError(
                "Image augmentation needs inputs of shape (batch, height, "
                "width) or (batch, height, width, channels). "
                f"Received: input_shape={tuple(input_shape)}"
            )

    def call(self, inputs, training=False):
        if not training:
            return inputs
        images = inputs if len(inputs.shape) == 4 else inputs[..., None]
        moved = ops.image.affine_transform(
            images,
            self._random_transforms(images),
            interpolation="bilinear",
            fill_mode="constant",
            fill_value=0.0,
            data_format="channels_last",
        )
        return moved if len(inputs.shape) == 4 else moved[..., 0]

    def _random_transforms(self, images):
        """One row (a0, a1, a2, b0, b1, b2, 0, 0) of an affine map each."""
        num_images = ops.shape(images)[0]
        height, width = images.shape[1], images.shape[2]
        angle = self._uniform(num_images, math.radians(self.rotation))
        shift_x = self._uniform(num_images, self.shift * width)
        shift_y = self._uniform(num_images, self.shift * height)
        cos, sin = ops.cos(angle), ops.sin(angle)
        # Rotate about the middle of the image, not its corner.
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        offset_x = middle_x - cos * middle_x + sin * middle_y + shift_x
        offset_y = middle_y - sin * middle_x - cos * middle_y + shift_y
        zero = ops.zeros_like(angle)
        rows = [cos, -sin, offset_x, sin, cos, offset_y, zero, zero]
        return ops.stack(rows, axis=1)

    def _uniform(self, num_images, limit):
        return keras.random.uniform(
            (num_images,), -limit, limit, seed=self.seed_generator
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "shift": self.shift,
                "rotation": self.rotation,
                "seed": self.seed,
            }
        )
        return config
