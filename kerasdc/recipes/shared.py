"""Values that recipes of several systems share."""

ADAM = {"name": "adam", "learning_rate": 1e-3}
SGD = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}
COSINE = {"name": "adam", "learning_rate": {"initial": 2e-3}}
FAST_COSINE = {"name": "adam", "learning_rate": {"initial": 3e-3}}
SLOW_COSINE = {"name": "adam", "learning_rate": {"initial": 1e-3}}
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
