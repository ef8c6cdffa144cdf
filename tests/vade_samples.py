"""A small VaDE: what the tests of VaDE share."""

import keras

import kerasdc
from kerasdc.models import VaDE

UNITS = (16,)
COMPILE = (
    "optimizer",
    "decay",
    "decay_interval",
    "decay_minimum",
    "log_weight_factor",
    "fixed_weights",
    "run_eagerly",
    "augmented",
)


def make_vade(num_clusters=3, shape=(6,), dim=2, compiled=True, **kwargs):
    arguments = {name: kwargs.pop(name) for name in COMPILE if name in kwargs}
    keras.utils.set_random_seed(5)
    model = VaDE(
        num_clusters,
        kerasdc.networks.mlp_encoder(shape, UNITS, dim),
        kerasdc.networks.mlp_decoder(shape, UNITS, dim),
        **{"seed": 1, **kwargs},
    )
    if compiled:
        model.compile(
            pretrain_optimizer=keras.optimizers.Adam(0.01), **arguments
        )
    return model
