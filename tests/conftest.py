"""Small data and models that several test modules share."""

import os
import subprocess
import sys

import numpy as np
import pytest

UNITS = (16,)


@pytest.fixture(scope="session")
def blobs():
    """Three blobs far apart, integers from 0 to 255, and their labels."""
    generator = np.random.default_rng(0)
    y = np.tile([0, 1, 2], 30)
    centers = np.eye(3, 6)[y] * 160 + 40
    x = np.clip(centers + generator.normal(0, 6, (90, 6)), 0, 255)
    return x.round().astype("uint8"), y


@pytest.fixture(scope="session")
def make_dec():
    """A function that makes a small DEC, compiled unless told otherwise."""
    import keras

    import kerasdc

    def make(num_clusters=3, shape=(6,), decoder=True, **kwargs):
        compiled = kwargs.pop("compiled", True)
        names = ("optimizer", "update_interval", "metrics")
        arguments = {k: kwargs.pop(k) for k in names if k in kwargs}
        keras.utils.set_random_seed(5)
        networks = kerasdc.networks
        encoder = networks.mlp_encoder(shape, UNITS, 2)
        model = kerasdc.models.DEC(
            num_clusters,
            encoder,
            networks.mlp_decoder(shape, UNITS, 2) if decoder else None,
            **kwargs,
        )
        if compiled:
            adam = keras.optimizers.Adam(0.01)
            model.compile(pretrain_optimizer=adam, **arguments)
        return model

    return make


@pytest.fixture(scope="session")
def fitted(blobs, make_dec):
    """A DEC fitted on the blobs. Not to be trained further."""
    import keras

    model = make_dec(
        seed=1, optimizer=keras.optimizers.SGD(0.05), update_interval=2
    )
    model.pretrain(blobs[0], epochs=5, batch_size=8, verbose=0)
    model.fit(blobs[0], batch_size=32, epochs=3, verbose=0)
    return model


@pytest.fixture(scope="session")
def fitted_path(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("fitted") / "model.keras"
    fitted.save(path)
    return path


@pytest.fixture(scope="session")
def run_python():
    """A function that runs a program in a new Python process."""

    def run(program, *arguments, **environment):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, *arguments],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run
