"""`kerasdc.cluster` beside what its users would take instead.

    python benchmarks/own_data.py --datasets wine digits --seeds 0 1 2
    python benchmarks/own_data.py --files features.npz

Prints accuracy and NMI of `kerasdc.cluster`, of k-means, of spectral
clustering, and, if `umap-learn` is installed, of k-means and of a Gaussian
mixture on the output of UMAP: see `kerasdc.baselines`. The number of clusters
is given; labels are used for these scores only. Baselines take columns whose
ranges differ more than fivefold standardized, pixels as they are, and texts
as tf-idf vectors (UMAP by the cosine). Files are `.npz` with `x` and `y`.
With `--held-out`, a fifth of the samples is assigned by a model that was
fitted to the others. With `--suggest`, only the number of clusters that
`kerasdc.cluster` suggests is printed, beside that of the classes.

The README has what it has printed.
"""

import argparse
import importlib.util
import pathlib
import time

import numpy as np

import kerasdc
from kerasdc import datasets
from kerasdc.baselines import make_baseline
from kerasdc.metrics import clustering_accuracy
from kerasdc.metrics import nmi

BUNDLED = {"wine": "load_wine", "breast_cancer": "load_breast_cancer"}
BASELINES = ("kmeans", "spectral", "umap_kmeans", "umap_gmm")
NAMES = (
    *BUNDLED,
    "digits",
    "coil20",
    "usps",
    "pendigits",
    "fashion_mnist",
    "reuters21578",
    "20newsgroups",
)


def main():
    """Prints a line for each data set, method and seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--datasets", nargs="*", default=None)
    parser.add_argument("--files", nargs="*", default=[])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--data-dir")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument(
        "--suggest", action="store_true", help="the number of clusters, only"
    )
    parser.add_argument("--steps", type=int, help="fewer, for a trial")
    parser.add_argument(
        "--without",
        nargs="*",
        default=[],
        choices=("kerasdc", "baselines"),
        help="what is left out",
    )
    options = parser.parse_args()
    names = options.datasets
    if names is None:
        names = [] if options.files else NAMES
    for name in [*names, *options.files]:
        x, y = load(name, options)
        for seed in options.seeds:
            if options.suggest:
                show_suggested(name, x, len(np.unique(y)), seed)
                continue
            for method, found, seconds in methods(x, y, seed, options):
                show(name, method, seed, *found, seconds)


def load(name, options):
    """Samples and classes: at most `options.samples`, drawn by one seed."""
    if name in BUNDLED:
        import sklearn.datasets

        x, y = getattr(sklearn.datasets, BUNDLED[name])(return_X_y=True)
    elif pathlib.Path(name).suffix == ".npz":
        with np.load(name) as file:
            x, y = file["x"], file["y"]
    else:
        data = datasets.load(name, options.data_dir)
        x, y = data.x, data.y
    x = x.astype("float32") if x.dtype == "float16" else x
    rows = np.random.default_rng(0).permutation(len(x))[: options.samples]
    return x[rows], y[rows]


def methods(x, y, seed, options):
    """Yields name, pairs of classes and clusters, and seconds."""
    num_clusters = len(np.unique(y))
    if "kerasdc" not in options.without:
        yield from ours(x, y, num_clusters, seed, options)
    if "baselines" not in options.without:
        yield from baselines(x, y, num_clusters, seed)


def ours(x, y, num_clusters, seed, options):
    """`kerasdc.cluster` of all samples; of a part, and the rest assigned."""
    lengths = {}
    if options.steps is not None:
        lengths = {"pretrain_steps": options.steps, "fit_steps": options.steps}
    start = time.perf_counter()
    result = kerasdc.cluster(x, num_clusters, seed=seed, verbose=0, **lengths)
    labels = result.summary.most_probable
    yield "kerasdc", (y, labels), time.perf_counter() - start
    if options.held_out:
        part = np.arange(len(x)) % 5 > 0
        model = kerasdc.cluster(
            x[part], num_clusters, seed=seed, verbose=0, **lengths
        ).model
        yield "kerasdc, fitted part", (y[part], model.assign(x[part])), 0.0
        yield "kerasdc, new samples", (y[~part], model.assign(x[~part])), 0.0


def show_suggested(name, x, num_clusters, seed):
    """Prints the number of clusters that `cluster` suggests, and the true."""
    found = kerasdc.cluster(x, seed=seed, fit_steps=1, verbose=0).selection
    error = abs(found.best - num_clusters) / num_clusters
    print(
        f"{pathlib.Path(name).stem:19} seed {seed}  suggested {found.best:3}  "
        f"of {num_clusters:3}  off by {error:.0%}",
        flush=True,
    )


def baselines(x, y, num_clusters, seed):
    """Those of `kerasdc.baselines` that users would take."""
    has_umap = importlib.util.find_spec("umap") is not None
    for name in BASELINES:
        if name.startswith("umap") and not has_umap:
            continue
        start = time.perf_counter()
        baseline = make_baseline(name, num_clusters, random_state=seed)
        found = baseline.fit_predict(x)
        yield name, (y, found), time.perf_counter() - start


def show(name, method, seed, y, clusters, seconds):
    """Prints a line."""
    name = pathlib.Path(name).stem
    print(
        f"{name:19} {method:22} seed {seed}  "
        f"ACC {clustering_accuracy(y, clusters):.3f}  "
        f"NMI {nmi(y, clusters):.3f}  {seconds:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
