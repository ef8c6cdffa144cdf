"""Small data and models that several test modules share."""

import gc
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

UNITS = (16,)
LONGEST = ("test_readme", "test_training", "contract", "test_vade")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def pytest_xdist_setupnodes(specs):
    """Each worker gets its share of the cores; called before they start."""
    share = max(1, os.cpu_count() // len(specs))
    for name in THREADS:
        os.environ.setdefault(name, str(share))


def pytest_collection_finish():
    """What was imported stays, and need not be looked through again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    """The groups that take longest begin first."""
    order = {group: place for place, group in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(group_of(item.nodeid), len(order)))


def pytest_xdist_make_scheduler(config, log):
    """Tests that share fixtures run in one process."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log)


def group_of(nodeid):
    """A file, the files of VaDE, or one system's part of the contract."""
    name = re.search(r"(\w+)\.py", nodeid)[1]
    if name.startswith("contract"):
        system = re.search(r"\[(\w+)", nodeid)
        return f"contract of {system[1]}" if system else "contract"
    return "test_vade" if name.startswith("test_vade") else name


def pytest_generate_tests(metafunc):
    """The tests of the contract run for every registered system."""
    contract = metafunc.module.__name__.startswith("contract")
    if contract and "system" in metafunc.fixturenames:
        import systems

        mark = metafunc.definition.get_closest_marker("by_default")
        names = [
            pytest.param(name, marks=[pytest.mark.slow] * slow)
            for name in sorted(systems.SYSTEMS)
            for slow in [mark is not None and name not in mark.args]
        ]
        metafunc.parametrize("system", names, scope="session")


@pytest.fixture
def eagerly(request):
    """Without tracing, but where a test is marked as `traced`."""
    import systems

    if request.node.get_closest_marker("traced"):
        yield
        return
    with systems.eager():
        yield


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
    import systems

    model = make_dec(
        seed=1, optimizer=keras.optimizers.SGD(0.05), update_interval=2
    )
    with systems.eager():
        model.pretrain(blobs[0], epochs=5, batch_size=30, verbose=0)
        model.fit(blobs[0], batch_size=32, epochs=3, verbose=0)
    return model


@pytest.fixture(scope="session")
def fitted_vade(blobs):
    """A VaDE fitted on the blobs. Not to be trained further."""
    import keras
    import vade_samples

    model = vade_samples.make_vade(optimizer=keras.optimizers.Adam(0.005))
    model.pretrain(blobs[0], epochs=25, batch_size=16, verbose=0)
    model.fit(blobs[0], batch_size=30, epochs=15, verbose=0)
    return model


@pytest.fixture(scope="session")
def fitted_path(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("fitted") / "model.keras"
    fitted.save(path)
    return path


@pytest.fixture(scope="session")
def trained(system, blobs):
    """A small model of a system, fitted on the blobs. Not to be trained."""
    import systems

    model, row = systems.make(system), systems.row(system)
    systems.pretrain(model, blobs[0], epochs=row.pretrain_epochs, batch_size=30)
    if row.start:
        model.adapt(blobs[0], **row.start)
    systems.fit(model, blobs[0], epochs=row.epochs, batch_size=30)
    return model


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


# === The zoo ===


@pytest.fixture(scope="session")
def digits():
    from kerasdc import datasets

    return datasets.load("digits")


@pytest.fixture(scope="session")
def model(digits):
    """Everything that can get lost: images, augmentation, own compile."""
    import keras
    import systems

    import kerasdc

    keras.utils.set_random_seed(0)
    model = kerasdc.models.DEC(
        10,
        encoder=kerasdc.networks.mlp_encoder((8, 8), (16,), 4),
        decoder=kerasdc.networks.mlp_decoder((8, 8), (16,), 4),
        augmentation=kerasdc.layers.RandomShiftRotation(seed=1),
        seed=0,
    )
    model.compile(optimizer=keras.optimizers.SGD(0.01), update_interval=3)
    with systems.eager():
        model.pretrain(digits.x[:300], epochs=1, verbose=0)
        model.fit(digits.x[:300], epochs=1, verbose=0)
    return model


@pytest.fixture(scope="session")
def published(model, digits, tmp_path_factory):
    """The folder of a zoo with one entry. Not to be changed: see `own`."""
    import zoo_samples

    from kerasdc import metrics
    from kerasdc import zoo

    folder = tmp_path_factory.mktemp("published") / "zoo"
    dataset = {"name": "digits", "sha256": digits.sha256}
    scores = metrics.evaluate(digits.y, model.assign(digits.x))
    rows = [zoo_samples.make_row(**scores), zoo_samples.ROWS[1]]
    info = zoo_samples.make_info(dataset=dataset)
    name = zoo_samples.NAME
    zoo.publish(model, name, digits.x[:5], info, rows, b"PNG", folder)
    return folder


@pytest.fixture
def own(published, tmp_path):
    """A copy of it to change."""
    return shutil.copytree(published, tmp_path / "zoo")


# === Data sets ===


@pytest.fixture
def isolated(monkeypatch, tmp_path):
    """An empty home, and no data sets of the user's."""
    monkeypatch.delenv("KERASDC_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server():
    """A server of `server.files`, see `dataset_samples`."""
    import threading

    from dataset_samples import Server

    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def toy(monkeypatch, server):
    """A set of three rows whose home is the test's own server."""
    import dataclasses

    from kerasdc.datasets import catalogue
    from kerasdc.datasets import parse
    from kerasdc.datasets import record

    server.files["pendigits.tra"] = b" 1, 2,0\n 3, 4,1\n"
    server.files["pendigits.tes"] = b" 5, 6,1\n"
    originals = tuple(
        record.Original(name, (server.url(name),)) for name in server.files
    )
    record = record.Entry(
        name="toy",
        kind="tabular",
        value_range=(0, 9),
        source="made up",
        shape=(2,),
        class_counts=(1, 2),
        class_names=("a", "b"),
        file="toy.npz",
        originals=originals,
    )

    def register(**changes):
        changed = dataclasses.replace(record, **changes)
        monkeypatch.setitem(catalogue.ENTRIES, "toy", changed)
        return changed

    monkeypatch.setitem(parse.PARSERS, "toy", parse.pendigits)
    register()
    return register
