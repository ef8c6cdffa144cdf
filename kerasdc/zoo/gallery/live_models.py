"""Models that a page runs in the browser, as scripts that hold ONNX files.

A page that is opened from a folder may not read other files, but it may load
scripts: so weights and ONNX Runtime Web are texts in scripts.
"""

import base64
import json
import pathlib

import numpy as np

from kerasdc.exports.onnx_file import graph_bytes
from kerasdc.exports.onnx_file import onnx_bytes
from kerasdc.models.bases.code_generation import CodeGeneration
from kerasdc.models.bases.generation import Generation

DRAWN = ("mnist", "usps", "digits")  # data sets of digits
_MODULE = "ort.wasm.bundle.min.mjs"
_BINARY = "ort-wasm-simd-threaded.wasm"
_NUM_SLIDERS = 3


def is_drawn(facts):
    """Whether a model takes images of digits.

    Args:
        facts: Dictionary of `facts_of`.

    Returns:
        Boolean.
    """
    return facts["dataset"] in DRAWN and facts["clusters"] is not None


def write_runtime(folder, runtime):
    """Writes ONNX Runtime Web as a script.

    Args:
        folder: `pathlib.Path` to write to.
        runtime: Folder `dist` of the npm package `onnxruntime-web`.

    Raises:
        FileNotFoundError: If its files are not there.
    """
    place = pathlib.Path(runtime)
    missing = [n for n in (_MODULE, _BINARY) if not (place / n).is_file()]
    if missing:
        raise FileNotFoundError(
            "`runtime` must be the folder `dist` of onnxruntime-web, as "
            "`npm pack onnxruntime-web` brings it. "
            f"Received: no {' and no '.join(missing)} in {str(place)!r}"
        )
    parts = [_text((place / name).read_bytes()) for name in (_MODULE, _BINARY)]
    _write_script(folder / "runtime.js", "kerasdcRuntime", *parts)


def write_model(folder, name, model):
    """Writes what a page needs of a model, as one or two scripts.

    Args:
        folder: `pathlib.Path` to write to.
        name: Name of the entry.
        model: The model.

    Returns:
        Dictionary: of a model that generates, what its sliders mean.
    """
    content = onnx_bytes(model)
    _write_script(folder / f"{name}.js", "kerasdcModel", name, _text(content))
    if isinstance(model, Generation):
        function, found = _of_mixture(model)
    elif isinstance(model, CodeGeneration):
        function, found = _of_codes(model)
    else:
        return {}
    inputs = [((None, found["dim"]), "float32", "inputs")]
    content = graph_bytes(function, inputs)
    key = f"{name}_generator"
    _write_script(folder / f"{key}.js", "kerasdcModel", key, _text(content))
    return {"generator": found}


def _of_mixture(model):
    """Points around the mean of a component, along its widest axes."""
    means = np.asarray(model.prior.means)
    widths = np.exp(0.5 * np.asarray(model.prior.log_variances))
    axes = np.argsort(-widths, axis=1)[:, :_NUM_SLIDERS]
    found = {
        "kind": "mixture",
        "dim": means.shape[1],
        "means": np.round(means, 5).tolist(),
        "widths": np.round(widths, 5).tolist(),
        "axes": axes.tolist(),
    }

    def generate(inputs):
        outputs = model.decoder(inputs, training=False)
        return {"samples": model.raw_samples(outputs)}

    return generate, found


def _of_codes(model):
    """A noise, a cluster, and the codes that sliders set."""
    found = {
        "kind": "codes",
        "dim": model.codes.dim,
        "noise": model.codes.noise_dim,
        "codes": model.codes.num_codes,
    }

    def generate(inputs):
        outputs = model.generator(inputs, training=False)
        return {"samples": model.raw_samples(outputs)}

    return generate, found


def samples_of(data, seed=0):
    """An image of every class, for those who do not draw.

    Args:
        data: `kerasdc.datasets.Dataset` of images.
        seed: Integer, of the draw.

    Returns:
        Dictionary: `size`, pixels of a side; `highest`, the largest value;
        `images`, lists of values from 0 to 255; and their `names`.
    """
    highest = float(np.max(data.x))
    order = np.random.default_rng(seed).permutation(len(data.y))
    images, names = [], []
    for label in np.unique(data.y):
        row = order[np.argmax(data.y[order] == label)]
        image = np.asarray(data.x[row], "float64").ravel() / highest
        images.append(np.round(255 * image).astype(int).tolist())
        names.append(str(label))
    return {
        "size": data.x.shape[1],
        "highest": highest,
        "images": images,
        "names": names,
    }


def _text(content):
    return base64.b64encode(content).decode("ascii")


def _write_script(path, function, *arguments):
    text = ", ".join(json.dumps(argument) for argument in arguments)
    path.write_text(f"{function}({text});\n", encoding="utf-8")
