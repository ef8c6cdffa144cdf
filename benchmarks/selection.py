"""How often `kerasdc.select` chooses the best of several models.

    python benchmarks/selection.py --datasets digits wine --seeds 0

Of each data set, several systems are fitted, by the defaults of
`kerasdc.estimators`, and ranked without labels. Prints the NMI of each model,
its score, and how far the chosen one is below the best.
"""

import argparse
import sys

import numpy as np
import own_data

import kerasdc
from kerasdc import estimators
from kerasdc.baselines.preparing import Preparation
from kerasdc.metrics import nmi

SYSTEMS = ("AutoCluster", "DEC", "DEPICT", "EmbeddingNetwork", "IMSAT", "VaDE")
NAMES = (*own_data.BUNDLED, "digits", "imagenet50_moco")


def main():
    """Prints the models of every data set, and what was chosen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--datasets", nargs="+", default=NAMES)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--data-dir")
    parser.add_argument("--epochs", type=int, help="fewer, for a trial")
    options = parser.parse_args()
    behind = []
    for name in options.datasets:
        x, y = own_data.load(name, options)
        x = Preparation().fit_transform(x)
        for seed in options.seeds:
            models = dict(fitted(x, len(np.unique(y)), seed, options.epochs))
            behind.append(show(name, seed, x, y, models))
    good = np.mean(np.array(behind) <= 0.02)
    print(f"chosen within .02 of the best: {good:.0%} of {len(behind)}")


def fitted(x, num_clusters, seed, epochs):
    """Yields names and Keras models."""
    for name in SYSTEMS:
        options = {"n_clusters": num_clusters, "random_state": seed}
        if epochs is not None:
            both = ("epochs", "pretrain_epochs")
            if name == "AutoCluster":
                both = ("pretrain_steps", "fit_steps")
            if name == "IMSAT":
                both = ("epochs",)
            options |= dict.fromkeys(both, epochs)
        estimator = getattr(estimators, name)(**options)
        yield name, estimator.fit(x).model_


def show(name, seed, x, y, models):
    """Prints a line for each model; returns how far the choice is behind."""
    selection = kerasdc.select(x, models)
    found = {key: nmi(y, model.assign(x)) for key, model in models.items()}
    for key, value in sorted(found.items(), key=lambda item: -item[1]):
        mark = "  <" if key == selection.best else ""
        print(
            f"{name:16} seed {seed}  {key:17} NMI {value:.3f}  "
            f"score {selection.scores[key]:.3f}{mark}"
        )
    sys.stdout.flush()
    return max(found.values()) - found[selection.best]


if __name__ == "__main__":
    main()
