"""Folders of images of any size and mode as one array."""

import numpy as np

from kerasdc.utils.arguments import checked_count
from kerasdc.utils.arguments import shown

SUFFIXES = (
    *(".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm"),
    *(".tif", ".tiff", ".webp"),
)
_LARGEST = 64  # side of images, if it is not said
_GREY = ("1", "L", "LA", "La", "I", "F")
_ORIENTATION = 0x0112  # in EXIF
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError)


def read_images(folder, image_size=None):
    """All images in a folder and the folders in it.

    Images are turned as their EXIF says, transparency becomes white, and all
    are resized to one size; proportions are not kept. They are grey if all of
    the files are.

    Args:
        folder: `pathlib.Path`.
        image_size: Integer, the side of squares, or `(height, width)`. `None`
            leaves images of one size of up to 64 x 64 as they are, and makes
            others squares of their median longer side, up to 64.

    Returns:
        Tuple of a uint8 array `(n, height, width)` of grey images, or
        `(n, height, width, 3)`, and the list of their paths within the
        folder, sorted.

    Raises:
        ImportError: If Pillow is not installed.
        ValueError: If there are no images, or one cannot be read.
    """
    try:
        import PIL  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Images are read by the package Pillow: pip install pillow. "
            f"Received: folder={str(folder)!r}"
        ) from error
    size = _checked_size(image_size)
    names = _names(folder)
    modes, sizes = zip(*(_header(folder, name) for name in names))
    height, width = size or _common_size(sizes)
    grey = all(mode.split(";")[0] in _GREY for mode in modes)
    shape = (height, width) if grey else (height, width, 3)
    images = np.empty((len(names), *shape), "uint8")
    for image, name in zip(images, names):
        image[:] = _pixels(folder, name, grey, (width, height))
    return images, names


def _checked_size(image_size):
    if image_size is None:
        return None
    if isinstance(image_size, (tuple, list)) and len(image_size) == 2:
        return tuple(checked_count("image_size", side) for side in image_size)
    return (checked_count("image_size", image_size),) * 2


def _names(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    files = [path.relative_to(folder) for path in files]
    files = [p for p in files if not any(q.startswith(".") for q in p.parts)]
    found = [p.as_posix() for p in files if p.suffix.lower() in SUFFIXES]
    if not found:
        raise ValueError(
            f"A folder must hold images ({', '.join(SUFFIXES)}). "
            f"Received: folder={shown(str(folder))} with {len(files)} files, "
            "none of them an image"
        )
    return sorted(found)


def _header(folder, name):
    """Mode and upright size of an image, without its pixels."""
    from PIL import Image

    try:
        with Image.open(folder / name) as image:
            turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
            width, height = image.size
            size = (width, height) if turned else (height, width)
            return image.mode, size
    except _UNREADABLE as error:
        raise _unreadable(folder, name, error) from error


def _common_size(sizes):
    same = len(set(sizes)) == 1
    if same and max(sizes[0]) <= _LARGEST:
        return sizes[0]
    side = int(np.median([max(size) for size in sizes]))
    return (min(side, _LARGEST),) * 2


def _pixels(folder, name, grey, size):
    from PIL import Image
    from PIL import ImageOps

    try:
        with Image.open(folder / name) as image:
            # Large JPEG files are decoded at a smaller scale.
            image.draft(None, (2 * max(size), 2 * max(size)))
            image = ImageOps.exif_transpose(image)
            image = _on_white(image).convert("L" if grey else "RGB")
            if image.size != size:
                image = image.resize(size, Image.Resampling.LANCZOS)
            return np.asarray(image)
    except _UNREADABLE as error:
        raise _unreadable(folder, name, error) from error


def _on_white(image):
    """An image of 8 bits a channel without transparency."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image)


def _eight_bits(image):
    """Of 16 bits the upper 8; of other numbers, the range scaled to 8."""
    from PIL import Image

    values = np.asarray(image).astype("float64")
    if image.mode.startswith("I;16") or 255 < values.max() < 2**16:
        values = values / 256
    elif values.min() < 0 or values.max() > 255:
        span = values.max() - values.min() or 1.0
        values = (values - values.min()) / span * 255
    return Image.fromarray(values.clip(0, 255).astype("uint8"))


def _unreadable(folder, name, error):
    return ValueError(
        f"Every image must be readable: {error}. Remove or replace it. "
        f"Received: {name} in folder={shown(str(folder))}"
    )
