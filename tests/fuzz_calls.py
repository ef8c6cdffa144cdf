"""Random calls of public functions with odd arguments, for `test_fuzz`."""

import dataclasses
import decimal
import fractions
from collections.abc import Callable

import keras
import numpy as np

from kerasdc import datasets
from kerasdc import layers
from kerasdc import losses
from kerasdc import metrics
from kerasdc import networks
from kerasdc.algorithms import affinities
from kerasdc.algorithms import centers
from kerasdc.algorithms import gaussian_mixtures
from kerasdc.algorithms import merged_kmeans
from kerasdc.algorithms import neighbor_graph
from kerasdc.algorithms import neighbors
from kerasdc.losses import gradients
from kerasdc.losses import likelihoods
from kerasdc.utils import inputs

SCALES = (1e-45, 1e-38, 1e-20, 1e-8, 1.0, 1.0, 1.0, 300.0, 1e6, 1e12, 1e17)
FAR = (1e19, 1e21, 9.97e36, 3e38)
DTYPES = ("float32", "float32", "float64", "float16", "int64", "uint8", "bool")
ODD = (
    *(0, 1, 2, 3, -1, 0.5, 2.5, 1e-300, 1e300, -1e-9, 0.0, True, None, "a", ""),
    *(np.nan, np.inf, -np.inf, 2**31, 2**40, 10**30, 10**400, -(10**400)),
    *(10**5000, fractions.Fraction(1, 3), fractions.Fraction(10**400)),
    *(decimal.Decimal(2), np.float32(0.5), np.int8(2), [1], (), {}, b"a", 1j),
)
WRONG = (None, "a", [], [[1, 2], [3]], ["a", "b"], {}, object, [[10**400]])


@dataclasses.dataclass
class Call:
    """One call, and what its result must be.

    Args:
        arguments: By name.
        result: `"finite"`, `"rows"` (of points that are not finite, the rows
            are not finite), `"whole"` (if any point is not finite, the result
            is not), or `"flags"` (of points that are not finite, `False`).
        unbounded: Whether numbers above 1e15 may give infinity.
    """

    arguments: dict
    result: str = "finite"
    unbounded: bool = False


class Draws:
    """Odd values from one seed."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def one(self, values):
        return values[self.rng.integers(len(values))]

    def often(self, value, share=0.75):
        """Usually this value, else an odd one."""
        return value if self.rng.random() < share else self.one(ODD)

    def size(self):
        return int(self.one((1, 2, 3, 5, 8)))

    def array(self, *shape):
        """As `numbers`; at times no array of numbers."""
        wrong = self.rng.random() < 0.05
        return self.one(WRONG) if wrong else self.numbers(*shape)

    def numbers(self, *shape):
        """Usually of this shape, of any scale, at times with NaN."""
        if self.rng.random() < 0.1:
            shape = tuple(self.rng.integers(0, 4, self.rng.integers(4)))
        scale = self.one(SCALES if self.rng.random() < 0.8 else FAR)
        values = self.rng.normal(size=shape) * scale
        if self.rng.random() < 0.15 and values.size:
            values.flat[self.rng.integers(values.size)] = self.one(
                (np.nan, np.inf, -np.inf)
            )
        with np.errstate(all="ignore"):
            return np.clip(values, -3.4e38, 3.4e38).astype(self.one(DTYPES))

    def shares(self, *shape):
        """Probabilities; usually every row sums to 1."""
        roll = self.rng.random()
        if roll < 0.05:
            return self.one(WRONG)
        if roll < 0.15:
            return np.clip(np.float32(self.numbers(*shape)), -2, 2)
        rows = self.rng.gamma(self.one((1e-3, 0.1, 1.0)), size=shape) + 1e-38
        rows = np.float32(rows / rows.sum(axis=-1, keepdims=True))
        if roll < 0.25:
            rows[..., self.rng.integers(shape[-1])] = self.one((np.nan, 0, 1))
        return rows

    def labels(self, n):
        roll = self.rng.random()
        if roll < 0.1:
            return self.array(n)
        if roll < 0.15:
            return self.one(WRONG)
        values = self.rng.integers(self.one((1, 2, 4)), size=n)
        return values.astype(self.one(("int64", "uint8", "int8", "str")))


# === Losses ===


def _pair_loss(first, second, unbounded):
    def draw(draws):
        shape = (draws.size(), *([draws.size()] * draws.rng.integers(1, 3)))
        arguments = {name: draws.array(*shape) for name in (first, second)}
        return Call(arguments, "rows", unbounded)

    return draw


def _probability_pair(first, second, square=False):
    def draw(draws):
        n, k = draws.size(), draws.size()
        shape = (n, n) if square else (n, k)
        names = {name: draws.shares(*shape) for name in (first, second)}
        return Call(names, "whole", True)

    return draw


def _soft_assignment(draws):
    shares = draws.shares(draws.size(), draws.size())
    return Call({"soft_assignment": shares}, "whole", True)


def _prior(draws):
    call = _soft_assignment(draws)
    shape = getattr(call.arguments["soft_assignment"], "shape", ())
    k = max(*shape[-1:], 1, 1)
    prior = draws.often(np.full(k, 1 / k))
    call.arguments["class_prior"] = prior
    return call


def _marginal(draws):
    call = _prior(draws)
    call.arguments["any_order"] = draws.often(True)
    return call


def _sizes(draws):
    call = _prior(draws)
    call.arguments["tolerance"] = draws.often(0.1)
    return call


def _targets(draws):
    return Call({"q": draws.shares(draws.size(), draws.size())})


def _student(draws):
    return Call(
        {
            "x": draws.array(draws.size() + 1, draws.one((1, 2, 20))),
            "dof": draws.often(1.0),
            "conditional": draws.often(True, 0.9),
        },
        "whole",
    )


def _cross_entropy(draws):
    n = draws.size() + 1
    logs = np.float32(draws.numbers(n, n))
    return Call(
        {
            "similarities": draws.shares(n, n),
            "log_similarities": np.clip(logs, -1e30, 0),
        },
        "whole",
        True,
    )


def _attraction(draws):
    n = draws.size() + 1
    p = draws.shares(n, n)
    kernel = -np.abs(np.float32(draws.rng.normal(size=(n, n))))
    return Call({"log_kernel": kernel, "affinities": p}, "whole", True)


def _ends(result, **others):
    def draw(draws):
        shape = draws.size(), draws.size()
        ends = {name: draws.array(*shape) for name in ("first", "second")}
        numbers = {"a": 1.9, "b": 0.8, **others}
        numbers = {k: draws.often(v, 0.9) for k, v in numbers.items()}
        return Call({**ends, **numbers}, result, True)

    return draw


def _predict(x):
    rows = keras.ops.reshape(x, (x.shape[0], -1))
    sums = keras.ops.sum(0.01 * rows, axis=1, keepdims=True)
    return sums * [[1.0, -1.0]]


def _adversarial(draws):
    n = draws.size()
    return Call(
        {
            "predict": draws.often(_predict, 0.95),
            "x": draws.array(n, draws.size()),
            "radius": draws.often(0.5),
            "xi": draws.often(1.0),
            "num_iterations": draws.often(1, 0.9),
            "seed": draws.often(0, 0.9),
        },
        "rows",
        True,
    )


def _direction(draws):
    call = _adversarial(draws)
    del call.arguments["radius"]
    return Call(call.arguments, "rows", True)


def _logits(draws):
    shape = draws.size(), draws.size()
    names = ("clean_logits", "logits")
    return Call({name: draws.array(*shape) for name in names}, "whole", True)


def _gradient(draws):
    return Call(
        {
            "function": draws.often(keras.ops.sum, 0.9),
            "x": draws.array(draws.size(), draws.size()),
        },
        "any",
    )


def _likelihood(draws):
    n, d = draws.size(), draws.size()
    arguments = {"features": draws.array(n, d), "outputs": draws.array(n, d)}
    return Call(arguments, "rows", True)


def _logits_of_shares(first, second):
    def draw(draws):
        n, d = draws.size(), draws.size()
        features = np.float32(draws.rng.random((n, d)))
        arguments = {first: features, second: draws.array(n, d)}
        return Call(arguments, "rows", True)

    return draw


def _covers(draws):
    return Call({"features": draws.array(draws.size(), draws.size())}, "flags")


# === Layers ===


def clustering_layer(num_clusters, alpha, initial_centers, inputs):
    layer = layers.ClusteringLayer(num_clusters, alpha=alpha)
    z = np.random.default_rng(0).normal(
        size=(20, (*inputs.shape, 1, 1)[1] or 1)
    )
    layer.adapt(z, initial_centers=initial_centers)
    return layer(inputs)


def _clustering(draws):
    k, dim = draws.size(), draws.size()
    return Call(
        {
            "num_clusters": draws.often(k, 0.9),
            "alpha": draws.often(1.0, 0.9),
            "initial_centers": draws.array(k, dim),
            "inputs": draws.numbers(draws.size(), dim),
        },
        "rows",
    )


def adapted_clusters(num_clusters, z, method, num_restarts, seed):
    layer = layers.ClusteringLayer(num_clusters)
    layer.adapt(z, method=method, num_restarts=num_restarts, seed=seed)
    return layer.centers


def adapted_mixture(num_clusters, z, method, num_restarts, seed):
    prior = layers.GaussianMixturePrior(num_clusters)
    assigned = prior.adapt(
        z, method=method, num_restarts=num_restarts, seed=seed
    )
    return prior(np.float32(z)), assigned


def _adapted(method, *others):
    def draw(draws):
        n = draws.one((2, 3, 20))
        return Call(
            {
                "num_clusters": draws.often(draws.one((1, 2)), 0.9),
                "z": draws.array(n, draws.size()),
                "method": draws.often(draws.one((method, *others))),
                "num_restarts": draws.often(1, 0.9),
                "seed": draws.often(0, 0.9),
            }
        )

    return draw


PRIORS = {}


def prior(k, dim):
    """A mixture that was adapted to random points."""
    if (k, dim) not in PRIORS:
        z = np.random.default_rng(0).normal(size=(4 * k, dim))
        found = PRIORS[k, dim] = layers.GaussianMixturePrior(k)
        found.adapt(z, initial_assignments=np.arange(4 * k) % k)
    return PRIORS[k, dim]


def _of_prior(name, result, unbounded=False):
    def call(k, dim, z, **kwargs):
        return getattr(prior(k, dim), name)(z, **kwargs)

    def draw(draws):
        k, dim = int(draws.one((1, 3))), draws.size()
        z = draws.array(draws.size(), dim)
        return Call({"k": k, "dim": dim, "z": z}, result, unbounded)

    return call, draw


def sample(k, dim, num, cluster, seed):
    return prior(k, dim).sample(num, cluster, seed)


def _sample(draws):
    return Call(
        {
            "k": 3,
            "dim": draws.size(),
            "num": draws.often(2),
            "cluster": draws.often(1),
            "seed": draws.often(0),
        }
    )


def divergence(k, dim, **parts):
    return prior(k, dim).divergence(**parts)


def _divergence(draws):
    k, dim, n = 3, draws.size(), draws.size()
    return Call(
        {
            "k": k,
            "dim": dim,
            "mean": draws.array(n, dim),
            "log_variance": draws.array(n, dim),
            "responsibilities": draws.shares(n, k),
        },
        "whole",
        True,
    )


def _layer(make, result, unbounded=False):
    def call(inputs, **arguments):
        return make(**arguments)(inputs)

    def draw(draws):
        inputs = draws.numbers(draws.size(), draws.size())
        return Call({"inputs": inputs}, result, unbounded)

    return call, draw


def augmented(inputs, **arguments):
    return layers.RandomShiftRotation(**arguments)(inputs, training=True)


def _augmented(draws):
    shape = [draws.size() for _ in range(draws.one((3, 4)))]
    return Call(
        {
            "inputs": np.float32(draws.rng.normal(size=shape)),
            "shift": draws.often(0.1),
            "rotation": draws.often(10),
            "shear": draws.often(1),
            "zoom": draws.often(0.1),
            "seed": draws.often(0),
        }
    )


def sampling(mean, log_variance, seed):
    return layers.Sampling(seed)((mean, log_variance))


def _sampling(draws):
    shape = draws.size(), draws.size()
    return Call(
        {
            "mean": np.float32(draws.rng.normal(size=shape)),
            "log_variance": np.float32(draws.rng.normal(size=shape)),
            "seed": draws.often(0, 0.5),
        }
    )


def scaled(scale, target, x):
    layer = layers.Scaling(scale, target)
    layer.adapt(x)
    return layer.state[0], layer.invert(layer(np.float32(x)))


def _scaled(draws):
    return Call(
        {
            "scale": draws.often(None),
            "target": draws.often(draws.one(("mean_square", "maximum")), 0.9),
            "x": draws.array(draws.size(), draws.size()),
        },
        unbounded=True,
    )


def tf_idf(max_words, vocabulary, texts):
    layer = layers.TfIdf(max_words, vocabulary)
    layer.adapt(texts)
    return layer.transform(texts)


def _tf_idf(draws):
    vocabularies = (None, ["cat", "dog"], ["a", "a"], [], [1], "cat", [""])
    texts = (["cat dog", "dog"], [""], ["cat", None], ["cat", 3], [], "cat")
    return Call(
        {
            "max_words": draws.often(3),
            "vocabulary": draws.often(draws.one(vocabularies)),
            "texts": draws.often(draws.one(texts)),
        }
    )


def _pairs(draws):
    n = draws.size()
    return Call(
        {
            "similarity": draws.shares(n, n),
            "upper": draws.often(0.9),
            "lower": draws.often(0.1),
        },
        "whole",
    )


# === Points ===


def _affinities(draws):
    return Call(
        {
            "x": draws.array(draws.one((2, 5, 12)), draws.size()),
            "perplexity": draws.often(draws.one((1, 2.0, 3))),
        }
    )


def fuzzy_graph(x, num_neighbors):
    return neighbor_graph.fuzzy_neighbor_graph(x, num_neighbors).toarray()


def _fuzzy(draws):
    x = draws.array(draws.one((2, 5, 12)), draws.size())
    return Call({"x": x, "num_neighbors": draws.often(3)})


def _curve(draws):
    return Call({"min_dist": draws.often(0.1, 0.2)})


def _nearest(draws):
    dim = draws.size()
    return Call(
        {
            "z": draws.array(draws.size(), dim),
            "centers": draws.array(draws.size(), dim),
            "block": draws.often(3),
        }
    )


def _kth(draws):
    return Call(
        {
            "x": draws.array(draws.size(), draws.size()),
            "k": draws.often(2),
            "max_references": draws.often(draws.one((3, 100))),
            "seed": draws.often(0),
        },
    )


def _merged(draws):
    return Call(
        {
            "z": draws.array(draws.one((2, 20)), draws.size()),
            "num_clusters": draws.often(2, 0.9),
            "num_restarts": draws.often(1, 0.9),
            "num_neighbors": draws.often(3, 0.9),
            "max_points": draws.often(15, 0.9),
            "seed": draws.often(0, 0.9),
        }
    )


def cut(z, num_neighbors, clusters, num_clusters):
    graph = merged_kmeans.neighbor_graph(z, num_neighbors)
    return merged_kmeans.normalized_cut(graph, clusters, num_clusters)


def _cut(draws):
    n = draws.one((2, 5, 10))
    return Call(
        {
            "z": draws.array(n, draws.size()),
            "num_neighbors": draws.often(1),
            "clusters": draws.labels(n),
            "num_clusters": draws.often(4),
        }
    )


def groups(z, initial_assignments, num_clusters):
    return gaussian_mixtures.mixture_of_groups(
        z, initial_assignments, num_clusters
    )


def _groups(draws):
    n = draws.size()
    return Call(
        {
            "z": draws.array(n, draws.size()),
            "initial_assignments": draws.labels(n),
            "num_clusters": draws.often(4),
        },
        unbounded=True,
    )


# === Metrics, data, networks ===


def _scores(draws):
    n, dim = draws.size(), draws.size()
    arguments = {"z": draws.array(n, dim), "y": draws.labels(n)}
    if draws.rng.random() < 0.4:
        m = draws.size()
        arguments["z_reference"] = draws.array(m, dim)
        arguments["y_reference"] = draws.labels(m)
    if draws.rng.random() < 0.4:
        arguments["x"] = draws.array(n, draws.size())
    return Call(arguments)


def _two_labels(draws):
    n = draws.size()
    return Call({"y_true": draws.labels(n), "y_pred": draws.labels(n)})


def _auroc(draws):
    names = ("inliers", "outliers")
    return Call({name: draws.array(draws.size()) for name in names}, "any")


def _matched(draws):
    n = draws.size()
    return Call(
        {
            "previous": draws.labels(n),
            "assignments": draws.labels(n),
            "num_clusters": draws.often(4),
        }
    )


def _data(draws):
    x = draws.array(*(draws.size() for _ in range(draws.rng.integers(1, 4))))
    return Call({"x": draws.often(x)})


def _spaced(draws):
    return Call({"x": np.eye(3), "most": draws.often(2, 0.1)})


def _name(draws):
    return Call({"name": draws.one(ODD)})


def _network(make, first=None):
    widths = ((4,), (), (4, 0), 4, None, (10**400,), ("4",), [3, 2])
    shapes = ((6,), (8, 8), (8, 8, 2), (), (0,), (None, 3), "ab", 5, None)
    options = {
        "units": (*widths,),
        "filters": (*widths, (2, 3)),
        "kernel_sizes": (*widths, (3, 3)),
        "latent_dim": ODD,
        "num_features": ODD,
        "kernel_initializer": ("he_normal", "zeros", None, "x", 3, 10**5000),
        "activation": ("relu", "tanh", None, "x", 3, 10**5000),
        "name": ("net", None, "", "a/b", 3, 10**5000),
    }

    def draw(draws):
        names = set(make.__code__.co_varnames[: make.__code__.co_argcount])
        arguments = {
            name: draws.one(values)
            for name, values in options.items()
            if name in names and draws.rng.random() < 0.3
        }
        if first:
            huge = (*shapes, (2.0, 3), (10**400,), (-1, 3), (10**5, 10**5))
            arguments[first] = draws.one(huge)
        return Call(arguments, "any")

    return draw


RESPONSIBILITIES = _of_prior("responsibilities", "rows")
LOG_JOINT = _of_prior("log_joint", "rows", True)
LOG_PROB = _of_prior("log_prob", "rows", True)
ASSIGN = _of_prior("assign", "finite")
SIMILARITY = _layer(layers.PairwiseSimilarity, "rows")
RESCALED = _layer(layers.Scaling, "rows", True)

# Name: function, how its arguments are drawn.
CALLS: dict[str, tuple[Callable, Callable]] = {
    **{
        name: (getattr(losses, name), _pair_loss("y_true", "y_pred", True))
        for name in ("half_mean_squared_error", "summed_squared_error")
    },
    "summed_binary_crossentropy": (
        losses.summed_binary_crossentropy,
        _logits_of_shares("y_true", "y_pred"),
    ),
    "kl_divergence": (
        losses.kl_divergence,
        _probability_pair("target", "soft_assignment"),
    ),
    "pairwise_cross_entropy": (
        losses.pairwise_cross_entropy,
        _probability_pair("similarity", "positive", square=True),
    ),
    "target_distribution": (losses.target_distribution, _targets),
    "mutual_information": (losses.mutual_information, _soft_assignment),
    "marginal_entropy": (losses.marginal_entropy, _soft_assignment),
    "conditional_entropy": (losses.conditional_entropy, _soft_assignment),
    "marginal_divergence": (losses.marginal_divergence, _marginal),
    "size_penalty": (losses.size_penalty, _sizes),
    "student_t_similarities": (losses.student_t_similarities, _student),
    "log_student_t_similarities": (losses.log_student_t_similarities, _student),
    "similarity_cross_entropy": (
        losses.similarity_cross_entropy,
        _cross_entropy,
    ),
    "attraction": (losses.attraction, _attraction),
    "edge_attraction": (losses.edge_attraction, _ends("rows")),
    "edge_repulsion": (losses.edge_repulsion, _ends("rows")),
    "edge_cross_entropy": (
        losses.edge_cross_entropy,
        _ends("whole", num_negatives=1, repulsion_weight=5.0),
    ),
    "virtual_adversarial": (losses.virtual_adversarial, _adversarial),
    "adversarial_direction": (losses.adversarial_direction, _direction),
    "prediction_divergence": (losses.prediction_divergence, _logits),
    "input_gradient": (gradients.input_gradient, _gradient),
    "bernoulli": (
        likelihoods.Bernoulli.log_prob,
        _logits_of_shares("features", "outputs"),
    ),
    "gaussian": (likelihoods.Gaussian.log_prob, _likelihood),
    "bernoulli_covers": (likelihoods.Bernoulli.covers, _covers),
    "gaussian_covers": (likelihoods.Gaussian.covers, _covers),
    "ClusteringLayer": (clustering_layer, _clustering),
    "ClusteringLayer.adapt": (
        adapted_clusters,
        _adapted(
            "kmeans", "minibatch_kmeans", "merged_kmeans", "modular_kmeans"
        ),
    ),
    "GaussianMixturePrior.adapt": (
        adapted_mixture,
        _adapted("gmm", "merged_kmeans"),
    ),
    "responsibilities": RESPONSIBILITIES,
    "log_joint": LOG_JOINT,
    "log_prob": LOG_PROB,
    "assign": ASSIGN,
    "sample": (sample, _sample),
    "divergence": (divergence, _divergence),
    "PairwiseSimilarity": SIMILARITY,
    "select_pairs": (layers.pairwise.select_pairs, _pairs),
    "RandomShiftRotation": (augmented, _augmented),
    "Sampling": (sampling, _sampling),
    "Scaling": RESCALED,
    "Scaling.adapt": (scaled, _scaled),
    "TfIdf": (tf_idf, _tf_idf),
    "joint_affinities": (affinities.joint_affinities, _affinities),
    "neighbor_affinities": (affinities.neighbor_affinities, _affinities),
    "fuzzy_neighbor_graph": (fuzzy_graph, _fuzzy),
    "similarity_curve": (neighbor_graph.similarity_curve, _curve),
    "nearest_center": (centers.nearest_center, _nearest),
    "kth_neighbor_distances": (neighbors.kth_neighbor_distances, _kth),
    "merged_kmeans": (merged_kmeans.merged_kmeans, _merged),
    "normalized_cut": (cut, _cut),
    "mixture_of_groups": (groups, _groups),
    "embedding_scores": (metrics.embedding_scores, _scores),
    "evaluate": (metrics.evaluate, _two_labels),
    "auroc": (metrics.auroc, _auroc),
    "matched_clusters": (metrics.matched_clusters, _matched),
    "to_array": (inputs.to_array, _data),
    "evenly_spaced": (inputs.evenly_spaced, _spaced),
    "load": (datasets.load, _name),
    **{
        make.__name__: (make, _network(make, first))
        for make, first in (
            (networks.mlp_encoder, "input_shape"),
            (networks.mlp_decoder, "output_shape"),
            (networks.conv_encoder, "input_shape"),
            (networks.conv_decoder, "output_shape"),
            (networks.normalized_mlp_encoder, "input_shape"),
            (networks.normalized_conv_encoder, "input_shape"),
            (networks.dac_encoder, "input_shape"),
            (networks.embedding_mlp, None),
        )
    },
}
