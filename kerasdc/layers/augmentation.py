"""Random shifts, rotations and other affine maps of images."""

import math

import keras
from keras import ops

from kerasdc.layers.seeded import Seeded
from kerasdc.utils.arguments import checked_choice
from kerasdc.utils.arguments import checked_number
from kerasdc.utils.arguments import checked_seed


@keras.saving.register_keras_serializable(package="kerasdc")
class RandomShiftRotation(Seeded, keras.layers.Layer):
    """Shifts, rotates, shears and zooms every image at random in training.

    One affine map with one bilinear interpolation, which is faster and blurs
    less than a layer for each. The layer does nothing at inference.

    Reference:

    - [Guo et al., 2018](https://proceedings.mlr.press/v95/guo18b.html)
      (DEC with data augmentation) shifts by up to 0.1 of the side and
      rotates by up to 10 degrees.
    - [Chang et al., 2017](https://openaccess.thecvf.com/content_iccv_2017/html/Chang_Deep_Adaptive_Image_ICCV_2017_paper.html)
      (DAC) also zooms; by 0.05 in the authors' code.

    Args:
        shift: Float from 0 to 1. Largest shift along each side, as a
            fraction of the side.
        rotation: Float from 0 to 180. Largest angle in degrees, both ways.
        shear: Float from 0 to below 90. Largest angle in degrees, both ways,
            by which vertical lines are slanted.
        zoom: Float from 0 to below 1. Each side is scaled by a factor from
            `1 / (1 + zoom)` to `1 / (1 - zoom)`.
        seed: Optional integer for repeatable draws.
        fill_mode: Pixels from outside the image are 0 (`"constant"`), or
            those of its edge (`"nearest"`).
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Call arguments:
        inputs: Images.
        training: Boolean. Whether to augment.

    Input shape:
        `(batch_size, height, width)` or
        `(batch_size, height, width, channels)`.

    Output shape:
        The same.
    """

    def __init__(
        self,
        shift=0.1,
        rotation=10.0,
        shear=0.0,
        zoom=0.0,
        seed=None,
        fill_mode="constant",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if keras.backend.backend() == "tensorflow":
            # Its operation has no XLA kernel there, and Keras compiles by
            # XLA where there is a GPU.
            self.supports_jit = False
        self.shift = float(checked_number("shift", shift, maximum=1))
        self.rotation = float(checked_number("rotation", rotation, maximum=180))
        self.shear = float(
            checked_number("shear", shear, maximum=90, below=True)
        )
        self.zoom = float(checked_number("zoom", zoom, maximum=1, below=True))
        self.seed = checked_seed(seed)
        self.fill_mode = checked_choice(
            "fill_mode", fill_mode, ("constant", "nearest")
        )
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        sides = input_shape[1:3]
        if len(input_shape) not in (3, 4) or not all(sides):
            raise ValueError(
                "Image augmentation needs `inputs` of shape (batch, height, "
                "width) or (batch, height, width, channels), of known sides. "
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
            fill_mode=self.fill_mode,
            fill_value=0.0,
            data_format="channels_last",
        )
        return moved if len(inputs.shape) == 4 else moved[..., 0]

    def _random_transforms(self, images):
        """One row (a0, a1, a2, b0, b1, b2, 0, 0) per affine map."""
        num_images = ops.shape(images)[0]
        height, width = images.shape[1], images.shape[2]
        angle = self._uniform(num_images, math.radians(self.rotation))
        shift_x = self._uniform(num_images, self.shift * width)
        shift_y = self._uniform(num_images, self.shift * height)
        cos, sin = ops.cos(angle), ops.sin(angle)
        (a0, a1), (b0, b1) = self._stretched(num_images, cos, sin)
        # Around the center of the image, not its corner.
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        a2 = middle_x - a0 * middle_x - a1 * middle_y + shift_x
        b2 = middle_y - b0 * middle_x - b1 * middle_y + shift_y
        zero = ops.zeros_like(angle)
        return ops.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)

    def _stretched(self, num_images, cos, sin):
        """The rotation matrix, with shear and zoom if they are not 0."""
        x, y = (cos, sin), (-sin, cos)  # images of the two axes
        if self.shear:
            limit = math.tan(math.radians(self.shear))
            slant = self._uniform(num_images, limit)
            y = [at_y + slant * at_x for at_x, at_y in zip(x, y, strict=True)]
        if self.zoom:
            x, y = (self._zoomed(axis, num_images) for axis in (x, y))
        return (x[0], y[0]), (x[1], y[1])

    def _zoomed(self, axis, num_images):
        factor = 1.0 + self._uniform(num_images, self.zoom)
        return [factor * at for at in axis]

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
                "shear": self.shear,
                "zoom": self.zoom,
                "seed": self.seed,
                "fill_mode": self.fill_mode,
            }
        )
        return config
