"""Recipes that train a perceptron on the graph of neighbors first."""

from kerasdc.recipes.shared import FAST_COSINE
from kerasdc.recipes.shared import MODULAR
from kerasdc.recipes.shared import TEXT
from kerasdc.recipes.shared import falling_adam

NEIGHBORS_DEVIATIONS = (
    "Before the clustering, the encoder is trained by UMAP's loss on the "
    "graph of 10 neighbors (McInnes et al., 2018) in place of an "
    "autoencoder's, and has five outputs; the decoder is then trained for "
    "five epochs while the encoder stays as it is.",
    "Three hidden layers of 256 SiLU units.",
    "Initial centers by the k-means, of 50, of highest modularity on the "
    "embedding's graph of neighbors.",
    "Adam in both stages.",
)


def neighbor_perceptron(scale, num_steps):
    """An embedding of the neighbor graph in place of an autoencoder."""
    return {
        "network": {
            "kind": "mlp",
            "units": [256, 256, 256],
            "latent_dim": 5,
            "activation": "silu",
        },
        "scale": scale,
        "compile": {"pretrain_method": "neighbors"},
        "pretrain": {"num_steps": num_steps, "optimizer": FAST_COSINE},
        "batch_size": 512,
        "adapt": dict(MODULAR),
    }


# Steps of 1,024 edges, as `kerasdc.cluster` takes.
_RAPID_COSINE = falling_adam(1e-2)


def neighbor_texts(num_steps, learned_epochs, fit_epochs, decoder=True):
    """Texts, whose clusters may hold most of them, or next to none."""
    values = neighbor_perceptron(None, num_steps)
    network = {**values["network"], "latent_dim": 10}
    if not decoder:
        network["decoder"] = False
    return {
        **values,
        **TEXT,
        "network": network,
        "pretrain": {"num_steps": num_steps, "optimizer": _RAPID_COSINE},
        "batch_size": 2048,
        "adapt": {
            "method": "average_linkage",
            "num_neighbors": 10,
            "learned_epochs": learned_epochs,
        },
        "fit": {"optimizer": falling_adam(1e-4), "epochs": fit_epochs},
        "deviations": [
            "Before the clustering, the encoder is trained by UMAP's loss on "
            "the graph of 10 neighbors (McInnes et al., 2018) in place of an "
            "autoencoder's, and has ten outputs.",
            "Three hidden layers of 256 SiLU units.",
            "Clusters are groups of the embedding, merged by their average "
            f"distance; they are learned for {learned_epochs} epochs "
            "(original: k-means): two topics are known to hold most "
            "documents.",
            "Adam in all stages.",
        ],
    }
