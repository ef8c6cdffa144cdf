"""Recipes (plain values) turned into models, optimizers and stages."""

import math

import keras

from kerasdc import losses
from kerasdc import networks
from kerasdc.layers import ContrastNormalization
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers import Scaling
from kerasdc.layers import TfIdf
from kerasdc.models import SYSTEMS
from kerasdc.models import ClusteringModel
from kerasdc.models.bases.neighbor_embedding import STEPS_PER_EPOCH
from kerasdc.models.infogan import NOISE_DIM
from kerasdc.models.infogan import NUM_CODES

_NETWORKS = {
    "mlp": {
        "encoder": networks.mlp_encoder,
        "decoder": networks.mlp_decoder,
    },
    "conv": {
        "encoder": networks.conv_encoder,
        "decoder": networks.conv_decoder,
    },
    "noisy_conv": {
        "encoder": networks.noisy_encoder,
        "decoder": networks.noisy_decoder,
    },
    "pooled_conv": {
        "encoder": networks.pooled_encoder,
        "decoder": networks.pooled_decoder,
    },
    "normalized_mlp": {"encoder": networks.normalized_mlp_encoder},
    "normalized_conv": {"encoder": networks.normalized_conv_encoder},
    "dac": {"encoder": networks.dac_encoder},
    "infogan_conv": {"encoder": networks.infogan_encoder},
    "jule_conv": {"encoder": networks.jule_encoder},
}


def build_model(system, recipe, x, num_clusters, seed):
    """An untrained, compiled model of a recipe.

    Args:
        system: Key of `kerasdc.models.SYSTEMS`.
        recipe: Dictionary, see `kerasdc.recipes`; its `model` and `compile`
            are further arguments of the constructor and of `compile`.
        x: Training data; a text vocabulary is made from it.
        num_clusters: Integer.
        seed: Integer; also seeds Keras, NumPy and Python globally.

    Returns:
        A `kerasdc.models.EncoderModel`.
    """
    keras.utils.set_random_seed(seed)
    preprocessor, sample_shape = _preprocessor(recipe, x)
    parts = _networks(recipe["network"], sample_shape)
    if "embedding" in recipe:
        dim = parts["encoder"].output_shape[-1]
        parts["embedding"] = networks.embedding_mlp(dim, **recipe["embedding"])
    system = SYSTEMS[system]
    if recipe["network"]["kind"] == "infogan_conv":
        parts |= _generator(recipe, sample_shape, num_clusters)
    if issubclass(system, ClusteringModel):
        parts["num_clusters"] = num_clusters
        parts["augmentation"] = _augmentation(recipe, seed)
    model = system(
        **parts,
        preprocessor=preprocessor,
        seed=seed,
        **recipe.get("model", {}),
    )
    model.compile(**_compile_arguments(recipe, x))
    return model


def _compile_arguments(recipe, x):
    arguments = {
        "optimizer": stage_optimizer(recipe, "fit", x),
        **recipe.get("compile", {}),
    }
    if "pretrain" in recipe:
        arguments["pretrain_optimizer"] = stage_optimizer(recipe, "pretrain", x)
    if "reconstruction_loss" in recipe:
        arguments["reconstruction_loss"] = reconstruction_loss(recipe)
    if "update_interval" in recipe["fit"]:
        arguments["update_interval"] = recipe["fit"]["update_interval"]
    return arguments


def num_epochs(recipe, stage, x):
    """Number of epochs of one stage.

    Args:
        recipe: Dictionary, where the stage has `epochs` or `num_steps`.
        stage: `"layerwise"`, `"pretrain"` or `"fit"`.
        x: Training data.

    Returns:
        Integer.
    """
    values = recipe[stage]
    if "epochs" in values:
        return values["epochs"]
    return math.ceil(values["num_steps"] / _steps_per_epoch(recipe, stage, x))


def adapt_arguments(recipe, x):
    """Arguments of the model's `adapt`, by the recipe.

    Args:
        recipe: Dictionary.
        x: Training data; its length sets the end of schedules.

    Returns:
        Dictionary.
    """
    arguments = dict(recipe["adapt"])
    for name in ("restarts", "self_training"):
        if name in arguments:
            arguments[name] = _training(arguments[name], recipe, x)
    return arguments


def _training(values, recipe, x):
    """Arguments of a training that is part of `adapt`."""
    batch_size = recipe["batch_size"]
    values = {**values, "batch_size": batch_size}
    if "optimizer" in values:
        # The schedule ends with the training (but for short batches, which
        # some systems leave out): only then do objectives of restarts differ
        # enough to choose by.
        num_samples = min(values.get("samples", len(x)), len(x))
        num_steps = values["epochs"] * math.ceil(num_samples / batch_size)
        values["optimizer"] = build_optimizer(values["optimizer"], num_steps)
    return values


def _steps_per_epoch(recipe, stage, x):
    method = recipe.get("compile", {}).get("pretrain_method")
    if stage == "pretrain" and method == "neighbors":
        return STEPS_PER_EPOCH
    interval = recipe[stage].get("update_interval")
    return interval or math.ceil(len(x) / recipe["batch_size"])


def stage_optimizer(recipe, stage, x):
    """The optimizer of one stage.

    Args:
        recipe: Dictionary.
        stage: `"layerwise"`, `"pretrain"` or `"fit"`.
        x: Training data; its length sets the end of schedules.

    Returns:
        A `keras.optimizers.Optimizer`.
    """
    steps_per_epoch = _steps_per_epoch(recipe, stage, x)
    num_steps = num_epochs(recipe, stage, x) * steps_per_epoch
    return build_optimizer(recipe[stage]["optimizer"], num_steps)


def build_optimizer(values, num_steps):
    """An optimizer, with its schedule, from plain values.

    Args:
        values: Dictionary with `name`, `learning_rate` and further
            arguments. The learning rate is a number, or a dictionary:
            `initial`, `decay_steps`, `decay_rate` for a rate that falls in
            steps; `initial` alone for one that falls to 0 along a cosine.
        num_steps: Integer, length of the training: where the cosine ends.

    Returns:
        A `keras.optimizers.Optimizer`.
    """
    config = dict(values)
    name, rate = config.pop("name"), config.pop("learning_rate")
    if isinstance(rate, dict):
        rate = _schedule(rate, num_steps)
    optimizer = keras.optimizers.get(name)
    return optimizer.__class__(learning_rate=rate, **config)


def _schedule(rate, num_steps):
    schedules = keras.optimizers.schedules
    if "decay_rate" not in rate:
        return schedules.CosineDecay(rate["initial"], max(num_steps, 1))
    return schedules.ExponentialDecay(
        rate["initial"], rate["decay_steps"], rate["decay_rate"], staircase=True
    )


def reconstruction_loss(recipe):
    """The recipe's reconstruction loss.

    Args:
        recipe: Dictionary.

    Returns:
        A function, or the name of a Keras loss.
    """
    name = recipe.get("reconstruction_loss", "mean_squared_error")
    return getattr(losses, name, name)


def _preprocessor(recipe, x):
    if "text" in recipe:
        preprocessor = TfIdf(**recipe["text"], dtype="float32")
        preprocessor.adapt(x)
        return preprocessor, (len(preprocessor.vocabulary),)
    # In float32, whatever the policy: it costs little.
    if recipe["scale"] == "contrast":
        return ContrastNormalization(dtype="float32"), x.shape[1:]
    return Scaling(recipe["scale"], dtype="float32"), x.shape[1:]


def _networks(values, sample_shape):
    """The encoder and, where the kind has one, the decoder."""
    values = dict(values)
    makers = dict(_NETWORKS[values.pop("kind")])
    if not values.pop("decoder", True):
        del makers["decoder"]
    initializer = values.pop("kernel_initializer", None)
    of_decoder = values.pop("decoder_kernel_initializer", initializer)
    made = {}
    for name, make in makers.items():
        chosen = of_decoder if name == "decoder" else initializer
        if chosen is not None:
            values["kernel_initializer"] = keras.initializers.get(chosen)
        made[name] = make(sample_shape, **values)
    return made


def _generator(recipe, sample_shape, num_clusters):
    """As wide as the encoder of the recipe, if that is not the default."""
    widths = {k: v for k, v in recipe["network"].items() if k != "kind"}
    if not widths:
        return {}
    dim = num_clusters + NOISE_DIM + NUM_CODES
    made = networks.infogan_generator(sample_shape, dim, **widths)
    return {"generator": made}


def _augmentation(recipe, seed):
    """The augmentation, from a dictionary, a name, or a list of these."""
    values = recipe.get("augmentation")
    if isinstance(values, list):
        return [_augmentation({"augmentation": v}, seed) for v in values]
    if not isinstance(values, dict):
        return values
    return RandomShiftRotation(**values, seed=seed, dtype="float32")
