"""Hyperparameters of every (system, dataset), as data.

`paper` follows the original as closely as it can be followed and lists where
it does not; `paper_short` is the same with a fifth of the pretraining steps;
`best` is whatever is label-free and better. Nothing here was chosen per seed.
"""

import copy
import difflib

_ADAM = {"name": "adam", "learning_rate": 1e-3}
_SGD = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}
_COSINE = {"name": "adam", "learning_rate": {"initial": 2e-3}}
_SLOW_COSINE = {"name": "adam", "learning_rate": {"initial": 1e-3}}
_RMSPROP = {"name": "rmsprop", "learning_rate": 1e-3}
_NESTEROV = {
    "name": "sgd",
    "learning_rate": 1e-3,
    "momentum": 0.9,
    "nesterov": True,
}
_AUGMENTATION = {"shift": 0.1, "rotation": 10.0}
_MERGED = {"method": "merged_kmeans", "num_restarts": 24}
_MERGED_DEVIATION = (
    "Initial centers by merged k-means (see kerasdc.merging), the best of "
    "24 partitions by their normalised cut."
)


def _steps_of_sgd(num_steps, decay_steps):
    """DEC's pretraining: SGD whose rate falls tenfold every `decay_steps`."""
    optimizer = {
        "name": "sgd",
        "momentum": 0.9,
        "learning_rate": {
            "initial": 0.1,
            "decay_rate": 0.1,
            "decay_steps": decay_steps,
        },
    }
    return {"num_steps": num_steps, "optimizer": optimizer}


def _paper(scale, update_interval, shorter=1):
    """Xie et al., 2016, section 4.3, and the authors' code."""
    return {
        "network": {
            "kind": "mlp",
            "kernel_initializer": {
                "class_name": "RandomNormal",
                "config": {"stddev": 0.01},
            },
        },
        "scale": scale,
        "reconstruction_loss": "half_mean_squared_error",
        "layerwise": {
            **_steps_of_sgd(50_000 // shorter, 20_000 // shorter),
            "dropout": 0.2,
        },
        "pretrain": _steps_of_sgd(100_000 // shorter, 20_000 // shorter),
        "batch_size": 256,
        "adapt": {"num_restarts": 20},
        "fit": {
            "optimizer": _SGD,
            "update_interval": update_interval,
            "epochs": 200,
            "tolerance": 0.001,
        },
        "deviations": [
            "Biases learn at the same rate as kernels (original: twice).",
            "Momentum is 0.9 from the start (original: rises to it over the "
            "first 1,000 steps).",
            "Momentum is kept across target updates (original: lost).",
            "At most 200 target updates (original: no limit).",
            "The stop is decided one update interval after the target update "
            "that shows fewer than 0.1 % of changes (original: at it).",
            "Batches are drawn in a new random order each pass (original: "
            "in the order of the data).",
        ]
        + ([f"1/{shorter} of the pretraining steps."] if shorter > 1 else []),
    }


def _papers(scale, update_interval):
    return {
        "paper": _paper(scale, update_interval),
        "paper_short": _paper(scale, update_interval, shorter=5),
    }


def _best_images(
    scale,
    pretrain_epochs,
    fit_epochs,
    filters=(32, 64, 128),
    optimizer=None,
):
    """ConvDEC-DA of Guo et al., 2018: convolutions and augmentation."""
    network = {"kind": "conv", "filters": list(filters)}
    return {
        "network": network,
        "scale": scale,
        "augmentation": dict(_AUGMENTATION),
        "pretrain": {
            "epochs": pretrain_epochs,
            "optimizer": optimizer or _ADAM,
        },
        "batch_size": 256,
        "adapt": dict(_MERGED),
        "fit": {
            "optimizer": optimizer or _ADAM,
            "epochs": fit_epochs,
        },
        "deviations": [
            "Convolutional autoencoder, trained end to end on shifted and "
            "rotated images; targets from clean images, loss on augmented "
            "ones (Guo et al., 2018).",
            "Adam in both stages.",
            _MERGED_DEVIATION,
        ],
    }


def _best_vectors(pretrain_epochs, fit_epochs, **overrides):
    """Fully connected, trained end to end."""
    return {
        "network": {"kind": "mlp"},
        "scale": None,
        "pretrain": {"epochs": pretrain_epochs, "optimizer": _ADAM},
        "batch_size": 256,
        "adapt": dict(_MERGED),
        "fit": {
            "optimizer": overrides.pop("clustering", _SGD),
            "epochs": fit_epochs,
        },
        "deviations": [
            "End-to-end pretraining with Adam, no denoising.",
            _MERGED_DEVIATION,
        ],
        **overrides,
    }


def _vade_paper(
    scale, likelihood="bernoulli", epochs=3000, deviations=(), **decay
):
    """Jiang et al., 2017, section 4, and the authors' code."""
    return {
        "network": {"kind": "mlp"},
        "scale": scale,
        "model": {"likelihood": likelihood},
        "pretrain": {"epochs": 50, "optimizer": _ADAM},
        "batch_size": 100,
        "adapt": {"method": "gmm", "num_restarts": 1},
        "compile": {
            "decay": 0.9,
            "decay_interval": 10,
            "decay_minimum": 2e-4,
            "fixed_weights": True,
            "log_weight_factor": 10.0,
            **decay,
        },
        "fit": {
            "optimizer": {
                "name": "adam",
                "learning_rate": 2e-3,
                "epsilon": 1e-4,
            },
            "epochs": epochs,
        },
        "deviations": [
            *deviations,
            "The clusters' weights are equal and stay so (original: start "
            "equal, and are trained).",
            "End-to-end pretraining with Adam, 50 epochs (original: stacked "
            "autoencoders, whose training was not released).",
            "The head of the log-variance starts at a constant (original: at "
            "random).",
            "One Adam for network and mixture (original: two of equal rates).",
        ],
    }


def _vade_best(
    pretrain,
    fit_epochs,
    scale,
    network,
    dec_epochs=20,
    decoder_epochs=0,
    batch_size=256,
    deviations=(),
    **overrides,
):
    deviations = [
        *deviations,
        "End-to-end pretraining with Adam.",
        "The mixture begins with the partition of a DEC, trained for "
        f"{dec_epochs} epochs on the same encoder from the best of 24 "
        "merged k-means partitions (see kerasdc.merging): the ELBO alone "
        "hardly leaves the partition it begins with.",
        f"Adam whose rate falls along a cosine, in batches of {batch_size}.",
    ]
    if decoder_epochs:
        deviations.append(
            "Between the DEC and the ELBO the decoder alone is trained for "
            f"{decoder_epochs} epochs."
        )
    return {
        "network": network,
        "scale": scale,
        "model": {"likelihood": "bernoulli"},
        "pretrain": pretrain,
        "batch_size": batch_size,
        "adapt": {
            **_MERGED,
            "self_training": {
                "epochs": dec_epochs,
                "optimizer": _COSINE,
                "decoder_epochs": decoder_epochs,
            },
        },
        "fit": {"optimizer": _COSINE, "epochs": fit_epochs},
        "deviations": deviations,
        **overrides,
    }


def _vade_images(scale, pretrain_epochs, dec_epochs, fit_epochs, **overrides):
    """Convolutions and augmentation, as `_best_images` for DEC."""
    return _vade_best(
        {"epochs": pretrain_epochs, "optimizer": _COSINE},
        fit_epochs,
        scale,
        {"kind": "conv"},
        dec_epochs,
        augmentation=dict(_AUGMENTATION),
        deviations=[
            "Convolutional networks, trained on shifted and rotated images.",
            *overrides.pop("deviations", []),
        ],
        **overrides,
    )


def _imsat(scale, augmentation="vat", deviations=(), **overrides):
    """Hu et al., 2017, section 4, and the authors' code."""
    return {
        "network": {"kind": "normalized_mlp"},
        "scale": scale,
        "augmentation": augmentation,
        "batch_size": 250,
        "adapt": {"neighbor": 10},
        "fit": {
            "optimizer": {"name": "adam", "learning_rate": 2e-3},
            "epochs": 50,
        },
        "deviations": [
            "Features from 0 (original: from -1 to 1): batch normalization "
            "takes an offset away.",
            "The radius is by the 10th nearest neighbor, as in the paper (the "
            "authors' code takes the 11th).",
            *deviations,
        ],
        **overrides,
    }


def _imsat_paper(scale, augmentation="vat"):
    return _imsat(
        scale,
        augmentation,
        deviations=[
            "Batches are parts of shuffled passes (original: each is drawn "
            "anew from all samples)."
        ],
    )


def _imsat_digits():
    paper = _imsat(1 / 8)
    return {
        **paper,
        "network": {"kind": "normalized_mlp", "units": [256, 256]},
        "batch_size": 100,
        "compile": {"radius_factor": 0.5},
        "fit": {"optimizer": _COSINE, "epochs": 60},
        "deviations": [
            *paper["deviations"],
            "Layers of 256 units, batches of 100, radii of half the distance "
            "to the neighbor (original: a quarter).",
            "The rate of Adam falls along a cosine.",
        ],
    }


def _dac(network, scale, epochs, optimizer=_RMSPROP, **overrides):
    """Chang et al., 2017, section 4; thresholds are DAC's defaults."""
    return {
        "network": network,
        "scale": scale,
        "augmentation": dict(_AUGMENTATION),
        "batch_size": 128,
        "fit": {
            "optimizer": optimizer,
            "epochs": epochs,
        },
        "deviations": [
            "Pairs are labelled when their batch is trained, by a pass on "
            "clean images (original: for a block of 1,000 images, trained "
            "five times).",
            "Images are shifted and rotated only (original: zoomed, and "
            "shifted in intensity, too).",
            *overrides.pop("deviations", []),
        ],
        **overrides,
    }


def _dac_restarted(network, scale, epochs, num_restarts, **overrides):
    return _dac(
        network,
        scale,
        epochs,
        adapt={"restarts": {"num": num_restarts, "epochs": epochs}},
        deviations=[
            f"Of {num_restarts} trainings the one whose assignments tell most "
            "about the images, by mutual information, is trained once more.",
            *overrides.pop("deviations", []),
        ],
        **overrides,
    )


def _imsat_images(scale, epochs, num_restarts=0, **overrides):
    """Convolutions; adversarial perturbations and image augmentation."""
    paper = _imsat(scale)
    restarts, adapt = [], paper["adapt"]
    if num_restarts:
        # As long as `fit`: its cosine ends where theirs do, and only at its
        # end does the objective tell good from bad.
        values = {"num": num_restarts, "epochs": epochs}
        adapt = {**adapt, "restarts": values}
        restarts.append(
            f"Of {num_restarts} trainings the one of lowest objective is "
            "trained once more."
        )
    return {
        **paper,
        "network": {"kind": "normalized_conv"},
        "augmentation": ["vat", dict(_AUGMENTATION)],
        "adapt": adapt,
        "compile": {"radius_factor": 0.5},
        "fit": {"optimizer": _COSINE, "epochs": epochs},
        "deviations": [
            *paper["deviations"],
            "Convolutions in place of dense layers.",
            "Shifted and rotated images beside the adversarial ones, whose "
            "radius is half the distance to the neighbor (original: a "
            "quarter).",
            "The rate of Adam falls along a cosine.",
            *restarts,
            *overrides.pop("deviations", []),
        ],
        **overrides,
    }


_EMBEDDING_DEVIATIONS = [
    "The last epoch is reported (original: that of the best accuracy, by "
    "labels).",
    "Batches are drawn in a new random order each pass (original: in the "
    "order of the data).",
    "Similarities are conditional by rows (original: by columns, which is "
    "equal in value), and are not clipped (original: are).",
    "k-means with 20 restarts (original: 10).",
]


def _embedding_paper(
    scale,
    pretrain_epochs,
    optimizer,
    weight=0.01,
    likelihood="bernoulli",
    deviations=(),
    **overrides,
):
    """Dahal, 2018, and the author's code."""
    summed = {
        "bernoulli": "summed_binary_crossentropy",
        "gaussian": "summed_squared_error",
    }
    return {
        "network": {"kind": "mlp"},
        "embedding": {"kernel_initializer": "identity"},
        "scale": scale,
        "model": {"likelihood": likelihood},
        "reconstruction_loss": summed[likelihood],
        "pretrain": {"epochs": pretrain_epochs, "optimizer": optimizer},
        "batch_size": 100,
        "compile": {"similarity_weight": weight, "summed": True},
        "fit": {"optimizer": optimizer, "epochs": 50},
        "deviations": [*_EMBEDDING_DEVIATIONS, *deviations],
        **overrides,
    }


def _embedding_best(
    pretrain_epochs,
    fit_epochs,
    weight,
    scale,
    original_weight=0.01,
    deviations=(),
    **overrides,
):
    """The encoder follows the similarities much more than the paper's."""
    return {
        "network": {"kind": "mlp"},
        "embedding": {"units": [500, 500]},
        "scale": scale,
        "model": {"likelihood": "gaussian"},
        "pretrain": {"epochs": pretrain_epochs, "optimizer": _ADAM},
        "batch_size": 256,
        "compile": {"similarity_weight": weight, "summed": False},
        "fit": {
            "optimizer": {"name": "adam", "learning_rate": {"initial": 1e-3}},
            "epochs": fit_epochs,
        },
        "deviations": [
            "An embedding network of two layers, started at random (original: "
            "of four, started as the identity), Gaussian decoder.",
            "Cross-entropies of similarities are means over the batch, of "
            f"weight {weight:g} for the encoder (original: sums, of weight "
            f"{original_weight:g}).",
            "Adam whose rate falls along a cosine, in batches of 256.",
            *_EMBEDDING_DEVIATIONS,
            *deviations,
        ],
        **overrides,
    }


def _embedding_images(pretrain_epochs, fit_epochs, scale):
    return _embedding_best(
        pretrain_epochs,
        fit_epochs,
        30.0,
        scale,
        network={"kind": "conv"},
        augmentation=dict(_AUGMENTATION),
        deviations=[
            "Convolutional autoencoder, trained on shifted and rotated "
            "images, whose embedding learns the similarities of clean ones."
        ],
    )


def _tsne(scale, epochs, batch_size=1000, **overrides):
    """van der Maaten, 2009, section 4, over a graph of all samples."""
    return {
        "network": {"kind": "mlp", "latent_dim": 2, "decoder": False},
        "scale": scale,
        "model": {"affinities": "neighbors", "perplexity": 30.0},
        "batch_size": batch_size,
        "adapt": {},
        "fit": {"optimizer": _COSINE, "epochs": epochs},
        "deviations": [
            "Affinities of near neighbors among all samples (original: "
            "within fixed batches of 5,000).",
            "No pretraining (original: restricted Boltzmann machines).",
            "Adam whose rate falls along a cosine, in batches of "
            f"{batch_size:,} (original: conjugate gradients).",
            "Neighbors attract each other four times as much in the first "
            "tenth of the training.",
        ],
        **overrides,
    }


def _tsne_paper(scale, pretrain_epochs, epochs, batch_size):
    return {
        "network": {"kind": "mlp", "latent_dim": 2},
        "scale": scale,
        "model": {"affinities": "batch", "perplexity": 30.0},
        "pretrain": {"epochs": pretrain_epochs, "optimizer": _ADAM},
        "batch_size": batch_size,
        "compile": {"exaggeration": 1.0},
        "fit": {"optimizer": _ADAM, "epochs": epochs},
        "deviations": [
            "Pretraining as an autoencoder (original: restricted Boltzmann "
            "machines).",
            f"Adam, in fixed batches of {batch_size:,} (original: conjugate "
            "gradients, batches of 5,000).",
        ],
    }


def _falling_shares(num_clusters):
    """Sizes that fall evenly, in logarithm, to a tenth."""
    shares = [0.1 ** (i / (num_clusters - 1)) for i in range(num_clusters)]
    return [share / sum(shares) for share in shares]


_TEXT = {"scale": None, "text": {"max_words": 2000}}

_SMALL = {"kind": "normalized_conv", "filters": [32, 64]}
_SMALL |= {"kernel_sizes": [3, 3], "num_features": 10}
_SMALLER_NETWORK = "A smaller network than the paper's."

RECIPES = {
    "dac": {
        "digits": {
            "paper": _dac(_SMALL, 1 / 16, 40, deviations=[_SMALLER_NETWORK]),
            "best": _dac_restarted(
                _SMALL, 1 / 16, 40, 4, deviations=[_SMALLER_NETWORK]
            ),
        },
        "mnist": {
            "paper": _dac({"kind": "dac"}, 1 / 255, 20),
            "best": _dac(
                {"kind": "normalized_conv", "num_features": 10},
                1 / 255,
                12,
                optimizer=_SLOW_COSINE,
                deviations=[
                    _SMALLER_NETWORK,
                    "Adam whose rate falls along a cosine (original: RMSprop).",
                ],
            ),
        },
    },
    "dec": {
        "digits": {
            **_papers(1 / 8, 30),
            "best": _best_vectors(
                200,
                20,
                network={"kind": "mlp", "units": [256, 256]},
                scale=1 / 16,
                batch_size=64,
                clustering=_ADAM,
            ),
        },
        "mnist": {
            **_papers(0.02, 160),
            "best": _best_images(1 / 255, 40, 40, optimizer=_COSINE),
        },
        "fashion_mnist": {
            **_papers(0.02, 160),
            "best": _best_images(1 / 255, 40, 40, optimizer=_COSINE),
        },
        "usps": {
            **_papers(2.0, 30),
            "best": _best_images(1.0, 160, 60),
        },
        "coil20": {
            **_papers(0.02, 10),
            "best": _best_images(1 / 255, 400, 60),
        },
        "pendigits": {**_papers(None, 30), "best": _best_vectors(100, 60)},
        "20newsgroups": {
            "paper": {**_paper(None, 20), **_TEXT},
            "best": _best_vectors(50, 60, **_TEXT),
        },
        "reuters21578": {
            "paper": {**_paper(None, 20), **_TEXT},
            "best": _best_vectors(50, 60, **_TEXT),
        },
        "rcv1": {
            **_papers(1.0, 20),
            "best": _best_vectors(50, 60, scale=1.0),
        },
    },
    "embedding": {
        "digits": {
            "paper": _embedding_paper(1 / 16, 10, _NESTEROV),
            "best": _embedding_images(200, 100, 1 / 16),
        },
        "mnist": {
            "paper": _embedding_paper(1 / 255, 10, _NESTEROV),
            "best": _embedding_images(20, 20, 1 / 255),
        },
        "usps": {
            "paper": _embedding_paper(
                1.0,
                50,
                _ADAM,
                deviations=["50 joint epochs (original: none)."],
            ),
            "best": _embedding_images(60, 40, 1.0),
        },
        "reuters21578": {
            "paper": _embedding_paper(
                pretrain_epochs=5,
                optimizer=_ADAM,
                weight=0.001,
                likelihood="gaussian",
                deviations=[
                    "Gaussian decoder of tf-idf (original: Bernoulli, each "
                    "feature scaled to 0 to 1).",
                    "Reuters-21578 (original: of the first 50,000 documents "
                    "of RCV1, those of four classes).",
                ],
                **_TEXT,
            ),
            "best": _embedding_best(
                50, 30, 0.01, original_weight=0.001, **_TEXT
            ),
        },
    },
    "imsat": {
        "digits": {
            "paper": _imsat_paper(1 / 8),
            "best": _imsat_digits(),
        },
        "mnist": {
            "paper": _imsat_paper(1 / 128),
            "rpt": _imsat_paper(1 / 128, "rpt"),
            "best": _imsat_images(1 / 128, 12),
        },
        "mnist_imbalanced": {
            "paper": _imsat_paper(1 / 128),
            "best": _imsat(
                1 / 128,
                model={"class_prior": _falling_shares(10)},
                deviations=["The sizes of the classes are given."],
            ),
        },
        "usps": {
            "paper": _imsat_paper(1.0),
            "best": _imsat_images(
                1.0,
                16,
                num_restarts=4,
                compile={"radius_factor": 0.5, "prior_tolerance": 0.03},
                deviations=[
                    "Clusters may differ in size by 0.03 nats, as section 3.3 "
                    "has it: the classes are known to be of unequal size."
                ],
            ),
        },
        "20newsgroups": {
            "paper": {**_imsat_paper(None), **_TEXT},
            "best": {**_imsat_paper(None), **_TEXT},
        },
        "reuters21578": {
            "paper": {**_imsat_paper(None), **_TEXT},
            "best": {**_imsat_paper(None), **_TEXT},
        },
    },
    "tsne": {
        "digits": {
            "paper": _tsne_paper(1 / 16, 50, 200, 600),
            "best": _tsne(1 / 16, 300),
        },
        "mnist": {
            "paper": _tsne_paper(1 / 255, 10, 30, 1000),
            "best": _tsne(1 / 255, 40),
        },
        "usps": {
            "paper": _tsne_paper(1.0, 20, 100, 1000),
            "best": _tsne(1.0, 100),
        },
    },
    "vade": {
        "digits": {
            "paper": _vade_paper(1 / 16),
            "best": _vade_best(
                {"epochs": 200, "optimizer": _ADAM},
                100,
                3 / 16,
                {"kind": "mlp", "units": [256, 256]},
                batch_size=64,
                model={"likelihood": "gaussian"},
                deviations=[
                    "Two hidden layers of 256 units, Gaussian decoder."
                ],
            ),
        },
        "mnist": {
            "paper": _vade_paper(1 / 255),
            "best": _vade_images(
                1 / 255,
                12,
                12,
                10,
                decoder_epochs=5,
                # What DEC has found is to last.
                fit={
                    "optimizer": {
                        "name": "adam",
                        "learning_rate": {"initial": 5e-4},
                    },
                    "epochs": 10,
                },
                compile={"augmented": False},
                reconstruction_loss="mean_squared_error",
                deviations=[
                    "Pretraining by the squared error; the decoder learns "
                    "logits of pixels once the encoder stands.",
                    "The ELBO is of images as they are.",
                ],
            ),
        },
        "usps": {
            "paper": _vade_paper(1.0),
            "best": _vade_images(1.0, 160, 20, 40),
        },
        "reuters21578": {
            "paper": {
                **_vade_paper(
                    None,
                    "gaussian",
                    epochs=15,
                    decay=0.5,
                    decay_interval=5,
                    decay_minimum=0.0,
                    deviations=[
                        "The mixture starts from expectation maximisation "
                        "(original: means of k-means, variances of 1).",
                    ],
                ),
                **_TEXT,
            },
            "best": _vade_best(
                {"epochs": 50, "optimizer": _ADAM},
                30,
                None,
                {"kind": "mlp"},
                model={"likelihood": "gaussian"},
                text=_TEXT["text"],
            ),
        },
    },
}

# Published figures to compare with: accuracy and where it stands.
PUBLISHED = {
    ("dac", "mnist"): {"accuracy": 0.9775, "source": "Chang et al., 2017"},
    ("embedding", "mnist"): {
        "accuracy": 0.9708,
        "source": "Dahal, 2018, of the epoch best by labels",
    },
    ("embedding", "usps"): {
        "accuracy": 0.887,
        "source": "Dahal's code, of the epoch best by labels",
    },
    ("imsat", "mnist"): {
        "accuracy": 0.984,
        "source": "Hu et al., 2017",
    },
    ("imsat", "20newsgroups"): {
        "accuracy": 0.311,
        "source": "Hu et al., 2017",
    },
    ("vade", "mnist"): {
        "accuracy": 0.9446,
        "source": "Jiang et al., 2017",
    },
    ("dec", "mnist"): {
        "accuracy": 0.843,
        "source": "Xie et al., 2016, Table 2",
    },
    ("dec", "usps"): {
        "accuracy": 0.741,
        "source": "Guo et al., 2017 (IDEC), Table 2",
    },
}


def list_recipes():
    """Names of all recipes.

    Returns:
        List of tuples `(system, dataset, recipe)`.
    """
    return [
        (system, dataset, recipe)
        for system, datasets in RECIPES.items()
        for dataset, recipes in datasets.items()
        for recipe in recipes
    ]


def get_recipe(system, dataset, recipe="best"):
    """One recipe, as a copy that may be changed.

    Args:
        system: Name of a system, such as `"dec"`.
        dataset: Name of a data set, such as `"mnist"`.
        recipe: `"best"`, `"paper"` or another of `list_recipes`.

    Returns:
        Dictionary of plain values.

    Raises:
        ValueError: If there is none of that name.
    """
    found = _look_up(RECIPES, system, "system")
    found = _look_up(found, dataset, "dataset")
    return copy.deepcopy(_look_up(found, recipe, "recipe"))


def _look_up(table, name, what):
    if name not in table:
        closest = difflib.get_close_matches(str(name), table, cutoff=0.0)
        raise ValueError(
            f"Unknown {what}; the closest are {', '.join(closest)}. "
            f"Received: {what}={name!r}"
        )
    return table[name]
