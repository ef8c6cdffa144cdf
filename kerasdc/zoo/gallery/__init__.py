"""The gallery: a static page of all pretrained models.

`python -m kerasdc.zoo gallery FOLDER` writes it. It needs no server: a browser
opens `FOLDER/index.html`. With ONNX Runtime Web, models can be tried there.
"""

from kerasdc.zoo.gallery.gallery_page import write_gallery

__all__ = ["write_gallery"]
