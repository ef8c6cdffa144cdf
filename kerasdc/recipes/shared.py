"""Values that recipes of several systems share."""


def falling_adam(learning_rate):
    """Adam, as values, whose rate falls to 0 along a cosine."""
    return {"name": "adam", "learning_rate": {"initial": learning_rate}}


ADAM = {"name": "adam", "learning_rate": 1e-3}
SGD = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}
COSINE = falling_adam(2e-3)
FAST_COSINE = falling_adam(3e-3)
SLOW_COSINE = falling_adam(1e-3)
RMSPROP = {"name": "rmsprop", "learning_rate": 1e-3}
NESTEROV = {
    "name": "sgd",
    "learning_rate": 1e-3,
    "momentum": 0.9,
    "nesterov": True,
}
AUGMENTATION = {"shift": 0.1, "rotation": 10.0}
# Without shear, clusters of MNIST separate slanted from upright digits: two
# clusters hold half of the 4s and half of the 9s each.
STRONG_AUGMENTATION = {
    "shift": 0.1,
    "rotation": 15.0,
    "shear": 20.0,
    "zoom": 0.15,
}
MERGED = {"method": "merged_kmeans", "num_restarts": 24}
MERGED_DEVIATION = (
    "Initial centers by merged k-means (see kerasdc.algorithms), the best of "
    "24 partitions by their normalized cut."
)
TEXT = {"scale": None, "text": {"max_words": 2000}}
STACKED_DEVIATIONS = (
    "Biases learn at the same rate as kernels (original: twice).",
    "Momentum is 0.9 from the start (original: rises to it over the first "
    "1,000 steps).",
)
NEW_ORDER_DEVIATION = (
    "Batches are drawn in a new random order each pass (original: in the "
    "order of the data)."
)
AUGMENTED_DEVIATION = (
    "Convolutional autoencoder, trained end to end on shifted and rotated "
    "images; targets from clean images, loss on augmented ones (Guo et al., "
    "2018)."
)
MODULAR = {"method": "modular_kmeans", "num_restarts": 50}


def steps_of_sgd(num_steps, decay_steps):
    """SGD whose rate falls tenfold every `decay_steps`, as DEC's."""
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


def stacked_autoencoder(scale, shorter=1):
    """Layer by layer, then end to end, as Xie et al., 2016, section 4.3."""
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
            **steps_of_sgd(50_000 // shorter, 20_000 // shorter),
            "dropout": 0.2,
        },
        "pretrain": steps_of_sgd(100_000 // shorter, 20_000 // shorter),
        "batch_size": 256,
    }


def augmented_convolutions(
    scale, epochs, optimizer=None, filters=(32, 64, 128)
):
    """ConvDEC-DA's autoencoder (Guo et al., 2018)."""
    return {
        "network": {"kind": "conv", "filters": list(filters)},
        "scale": scale,
        "augmentation": dict(AUGMENTATION),
        "pretrain": {"epochs": epochs, "optimizer": optimizer or ADAM},
        "batch_size": 256,
    }


def best_images(
    scale, pretrain_epochs, fit_epochs, optimizer=None, filters=(32, 64, 128)
):
    """ConvDEC-DA of Guo et al., 2018: convolutions and augmentation."""
    return {
        **augmented_convolutions(scale, pretrain_epochs, optimizer, filters),
        "adapt": dict(MERGED),
        "fit": {"optimizer": optimizer or ADAM, "epochs": fit_epochs},
        "deviations": [
            AUGMENTED_DEVIATION,
            "Adam in both stages.",
            MERGED_DEVIATION,
        ],
    }


def linked_images(scale, kind, num_steps, fit_epochs):
    """Convolutions that start from clusters along the graph of neighbors."""
    graph = {"num_neighbors": 7, "shifts": True}
    return {
        "network": {"kind": kind},
        "scale": scale,
        "augmentation": dict(AUGMENTATION),
        "compile": {"pretrain_method": "neighbors"},
        "pretrain": {
            "num_steps": num_steps,
            "optimizer": FAST_COSINE,
            "graph": graph,
        },
        "batch_size": 256,
        "adapt": {"method": "graph_linkage", **graph},
        "fit": {"optimizer": SLOW_COSINE, "epochs": fit_epochs},
    }


LINKED_DEVIATIONS = (
    "Before the clustering, the encoder is trained by UMAP's loss on the "
    "graph of 7 neighbors, of images that may be shifted by a pixel (McInnes "
    "et al., 2018), in place of an autoencoder's.",
    "Initial centers are the means of clusters that agglomerate along that "
    "graph (Zhang et al., 2012).",
    "Trained on shifted and rotated images; targets from clean images, loss "
    "on augmented ones. Adam in both stages.",
)


def grouped_images(
    scale,
    network,
    triplet_epochs,
    learned_epochs,
    fit_epochs,
    learning_rate=1e-3,
    many=False,
    shifts=None,
    method="graph_linkage",
    restarts=1,
    compiled=None,
    original="k-means",
    deviations=(),
):
    """Convolutions that start from JULE's triplets of groups of neighbors.

    Of many images, nearest neighbors are near as they are, and the start is
    nearly all that there is to learn. `original` is how the paper starts.
    """
    if many:
        learning_rate = 1e-4
    shifts = not many if shifts is None else shifts
    return {
        "network": network,
        "scale": scale,
        "augmentation": dict(STRONG_AUGMENTATION if many else AUGMENTATION),
        "batch_size": 256,
        "adapt": {
            "method": method,
            "num_neighbors": 10,
            "shifts": shifts,
            "triplet_epochs": triplet_epochs,
            "learned_epochs": learned_epochs,
            **({"triplet_restarts": restarts} if restarts > 1 else {}),
        },
        "compile": compiled or {},
        "fit": {"optimizer": falling_adam(learning_rate), "epochs": fit_epochs},
        "deviations": [
            *deviations,
            *_grouped_deviations(
                method,
                triplet_epochs,
                learned_epochs,
                shifts,
                restarts,
                original,
            ),
            _distorted_deviation(many, (compiled or {}).get("augmented", True)),
        ],
    }


def self_trained_images(
    scale,
    epochs,
    dec_epochs,
    decoder_epochs,
    fit_epochs,
    rate,
    reason,
    **start,
):
    """Images whose encoder is first trained as a DEC, their decoder after it.

    `epochs` are those of triplets, and in which their clusters are learned;
    `start` has other arguments of `grouped_images`. The sentence `reason` says
    what the DEC is for.
    """
    values = grouped_images(
        scale,
        {"kind": "pooled_conv"},
        *epochs,
        fit_epochs,
        # Other statistics than those of clean images would mislead, and
        # distorted images are not to be generated.
        compiled={"augmented": False},
        deviations=["Convolutions that pool and normalize."],
        **start,
    )
    values["adapt"]["self_training"] = {
        "epochs": dec_epochs,
        "optimizer": values["fit"]["optimizer"],
        "decoder_epochs": decoder_epochs,
    }
    return {
        **values,
        # A low rate keeps the partition.
        "fit": {"optimizer": falling_adam(rate), "epochs": fit_epochs},
        "deviations": [
            *values["deviations"],
            *([_DEC.format(dec_epochs, reason)] if dec_epochs else []),
            f"The decoder alone is then trained for {decoder_epochs} epochs.",
        ],
    }


_DEC = "A DEC is trained for {} epochs on the same encoder, {}."

_FOUND = {
    "graph_linkage": "Those groups are merged to clusters along the graph of "
    "the embedding's neighbors, and these clusters",
    "graph_consensus": "Clusters are what several partitions by the graph of "
    "the embedding's neighbors agree about (see NeighborClustering); these",
}


_RESTARTED = (
    "Clusters are what {} such trainings agree about, but for any that failed; "
    "the encoder is that of the one which agrees best with it."
)


def _grouped_deviations(
    method, triplet_epochs, learned_epochs, shifts, restarts, original
):
    """How a start by triplets of groups differs from an autoencoder's."""
    shifted = ", of images that may be shifted by a pixel" if shifts else ""
    return [
        "In place of an autoencoder's training, samples of five groups for "
        f"each cluster are brought together by triplets for {triplet_epochs} "
        "epochs (Yang et al., 2016); groups agglomerate along the graph of "
        f"10 neighbors{shifted} (Zhang et al., 2012).",
        f"{_FOUND[method]} are learned for {learned_epochs} epochs (original: "
        f"{original}).",
        *([_RESTARTED.format(restarts)] if restarts > 1 else []),
    ]


def _distorted_deviation(many, augmented):
    distorted = ", sheared and zoomed" if many else ""
    images = f"shifted, rotated{distorted} images"
    if augmented:
        return (
            f"Trained on {images}; targets from clean images, loss on "
            "distorted ones. Adam in all stages."
        )
    return (
        f"The start is trained on {images}, the clustering on clean ones. "
        "Adam in both."
    )


# Epochs of `grouped_images`: triplets, learned, fit.
MANY_IMAGES = (6, 2, 3)
SMALL_IMAGES = (20, 20, 20)


def shortened(shorter):
    """The deviation of a recipe with fewer steps, in a list, if it has."""
    return [f"1/{shorter} of the pretraining steps."] if shorter > 1 else []
