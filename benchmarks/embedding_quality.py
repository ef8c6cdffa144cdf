"""Parametric t-SNE against openTSNE and ParametricUMAP on MNIST.

    pip install openTSNE umap-learn
    python benchmarks/embedding_quality.py

All three are trained on the 60,000 training images and then embed the 10,000
test images: openTSNE by optimizing each of them (`transform`), the other two
by their network. For each, the script prints the error of the nearest neighbor
among the training images (labels are used for evaluation only), the
trustworthiness of the test images with 12 neighbors, and the seconds of
training and embedding. One run, one seed, on one core (TensorFlow 2.21,
openTSNE 1.0.4, umap-learn 0.5.12):

    ParametricTSNE: 1-NN error 0.0578, trustworthiness(12) 0.9611, 937 s
    openTSNE: 1-NN error 0.0547, trustworthiness(12) 0.9674, 222 s
    ParametricUMAP: 1-NN error 0.0694, trustworthiness(12) 0.9418, 1536 s
"""

import argparse
import time

import keras
import numpy as np

from kerasdc import datasets
from kerasdc.metrics import embedding_scores
from kerasdc.recipes import get_recipe
from kerasdc.runs import building
from kerasdc.utils.inputs import evenly_spaced


def main():
    """Prints a line for each method."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--data-dir")
    parser.add_argument("--methods", nargs="+", default=list(_METHODS))
    options = parser.parse_args()
    data = datasets.load("mnist", options.data_dir)
    x = evenly_spaced(data.x_train, options.samples)
    y = evenly_spaced(data.y_train, options.samples)
    for name in options.methods:
        start = time.perf_counter()
        z, z_test = _METHODS[name](x, data.x_test)
        seconds = time.perf_counter() - start
        scores = embedding_scores(z_test, data.y_test, z, y, data.x_test)
        print(
            f"{name}: 1-NN error {scores['neighbor_error']:.4f}, "
            f"trustworthiness(12) {scores['trustworthiness']:.4f}, "
            f"{seconds:.0f} s",
            flush=True,
        )


def _parametric_tsne(x, x_test):
    recipe = get_recipe("tsne", "mnist")
    model = building.build_model("tsne", recipe, x, None, seed=0)
    model.fit(
        x,
        batch_size=recipe["batch_size"],
        epochs=recipe["fit"]["epochs"],
        verbose=0,
    )
    return model.embed(x), model.embed(x_test)


def _open_tsne(x, x_test):
    from openTSNE import TSNE

    found = TSNE(n_jobs=-1, random_state=0).fit(_flat(x))
    return np.asarray(found), np.asarray(found.transform(_flat(x_test)))


def _parametric_umap(x, x_test):
    from umap.parametric_umap import ParametricUMAP

    # With a seed of its own, UMAP would use one thread.
    keras.utils.set_random_seed(0)
    model = ParametricUMAP(verbose=False, keras_fit_kwargs={"verbose": 0})
    return model.fit_transform(_flat(x)), model.transform(_flat(x_test))


def _flat(x):
    return x.reshape(len(x), -1).astype("float32") / 255


_METHODS = {
    "ParametricTSNE": _parametric_tsne,
    "openTSNE": _open_tsne,
    "ParametricUMAP": _parametric_umap,
}

if __name__ == "__main__":
    main()
