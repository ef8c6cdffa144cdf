"""Recipes (plain values) turned into models, optimizers and stages."""

import keras

from kerasdc import losses
from kerasdc import networks
from kerasdc.layers import RandomShiftRotation
from kerasdc.layers import Scaling
from kerasdc.layers import TfIdf
from kerasdc.models import DEC

SYSTEMS = {"dec": DEC}

_NETWORKS = {
    "mlp": (networks.mlp_encoder, networks.mlp_decoder),
    "conv": (networks.conv_encoder, networks.conv_decoder),
}


def build_model(system, recipe, x, num_clusters, seed):
    """An untrained, compiled model as a recipe says.

    Args:
        system: Key of `SYSTEMS`.
        recipe: Dictionary, see `kerasdc.recipes`.
        x: Training data; a text vocabulary is made from it.
        num_clusters: Integer.
        seed: Integer; also seeds Keras, NumPy and Python globally.

    Returns:
        A `kerasdc.models.ClusteringModel`.
    """
    keras.utils.set_random_seed(seed)
    preprocessor, sample_shape = _preprocessor(recipe, x)
    encoder, decoder = _networks(recipe["network"], sample_shape)
    model = SYSTEMS[system](
        num_clusters,
        encoder,
        decoder,
        preprocessor=preprocessor,
        augmentation=_augmentation(recipe, seed),
        seed=seed,
    )
    fit = recipe["fit"]
    model.compile(
        optimizer=build_optimizer(fit["optimizer"]),
        pretrain_optimizer=build_optimizer(recipe["pretrain"]["optimizer"]),
        reconstruction_loss=reconstruction_loss(recipe),
        update_interval=fit.get("update_interval"),
    )
    return model


def build_optimizer(values):
    """An optimizer, with its schedule, from plain values.

    Args:
        values: Dictionary with `name`, `learning_rate` (a number, or a
            dictionary of `initial`, `decay_steps`, `decay_rate` for a rate
            that falls in steps) and further arguments.

    Returns:
        A `keras.optimizers.Optimizer`.
    """
    config = dict(values)
    name, rate = config.pop("name"), config.pop("learning_rate")
    if isinstance(rate, dict):
        rate = keras.optimizers.schedules.ExponentialDecay(
            rate["initial"],
            rate["decay_steps"],
            rate["decay_rate"],
            staircase=True,
        )
    optimizer = keras.optimizers.get(name)
    return optimizer.__class__(learning_rate=rate, **config)


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
        preprocessor = TfIdf(**recipe["text"])
        preprocessor.adapt(x)
        return preprocessor, (len(preprocessor.vocabulary),)
    return Scaling(recipe["scale"]), x.shape[1:]


def _networks(values, sample_shape):
    values = dict(values)
    make_encoder, make_decoder = _NETWORKS[values.pop("kind")]
    if "kernel_initializer" in values:
        values["kernel_initializer"] = keras.initializers.get(
            values["kernel_initializer"]
        )
    return (
        make_encoder(sample_shape, **values),
        make_decoder(sample_shape, **values),
    )


def _augmentation(recipe, seed):
    if "augmentation" not in recipe:
        return None
    return RandomShiftRotation(**recipe["augmentation"], seed=seed)
