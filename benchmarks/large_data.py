"""Time and memory of trainings on data larger than they may take of memory.

    python benchmarks/large_data.py --rows 2000000 --systems dec imsat assign

Rows are enlarged digits with noise, 784 pixels of uint8, in a `.npy` that is
made once. Every line is a process of its own, whose memory is the largest
resident set. A training takes `--steps` steps of 256 samples in each of three
epochs (DEC: update intervals); its time for a trained row is compared with
that of 70,000 rows in memory, in the same run. `--release FOLDER` compares
DEC on 70,000 rows in memory with another checkout of kerasdc.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

SMALL = 70_000
BATCH = 256
TRAINED = ("dec", "imsat", "vade", "dac", "embedding", "tsne")


def make_rows(path, num_rows):
    """Writes the data, block by block, unless they are there."""
    from sklearn.datasets import load_digits

    shape = (num_rows, 784)
    if path.exists() and np.load(path, mmap_mode="r").shape == shape:
        return
    digits = load_digits().images / 16
    large = np.kron(digits, np.ones((1, 3, 3)))
    large = np.pad(large, ((0, 0), (2, 2), (2, 2))).reshape(len(digits), -1)
    generator = np.random.default_rng(0)
    rows = np.lib.format.open_memmap(path, "w+", "uint8", shape)
    for start in range(0, num_rows, 10_000):
        part = rows[start : start + 10_000]
        chosen = large[generator.integers(len(large), size=len(part))]
        noise = generator.normal(0, 0.1, part.shape)
        part[:] = 255 * np.clip(chosen + noise, 0, 1)
    rows.flush()


def model_of(system, num_clusters=10):
    """An untrained model of a system."""
    import kerasdc

    if system == "tsne":
        model = kerasdc.models.ParametricTSNE(seed=0)
    else:
        model = kerasdc.models.SYSTEMS[system](num_clusters, seed=0)
    model.compile()
    return model


def timer_of(steps=None):
    """A callback that times epochs, and ends them after so many steps."""
    import keras

    class Steps(keras.callbacks.Callback):
        takes_groups = True
        seconds, num_steps = 0.0, 0

        def on_epoch_begin(self, epoch, logs=None):
            self._started = None

        def on_train_batch_begin(self, batch, logs=None):
            if self._started is None:  # targets are made before it
                self._started = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            self._done = batch + 1
            if steps is not None and self._done >= steps:
                self.model.stop_training = True

        def on_epoch_end(self, epoch, logs=None):
            if epoch:  # the first one compiles
                self.seconds += time.perf_counter() - self._started
                self.num_steps += self._done

    return Steps()


def train(system, path, steps):
    """Trains for three epochs; returns what was measured."""
    model = model_of(system)
    in_memory = np.load(path, mmap_mode="r").shape[0] <= SMALL
    x = np.load(path) if in_memory else str(path)
    started = time.perf_counter()
    if hasattr(model, "pretrained") and system not in ("tsne", "imsat", "dac"):
        model.pretrain(x, epochs=0, verbose=0)
    if system == "imsat":
        model.adapt(x, max_references=20_000)
    elif system in ("dec", "vade"):
        model.adapt(x, num_restarts=3)
    adapted = time.perf_counter() - started
    arguments = {"x": x, "batch_size": BATCH, "verbose": 0}
    if system == "dec":
        model.compile(update_interval=steps)
        timers = [timer_of()]
        model.fit(epochs=3, callbacks=timers, **arguments)
    else:  # an epoch is a pass: each ends early
        timers = [timer_of(steps) for _ in range(3)]
        for epoch, timer in enumerate(timers):
            arguments |= {"epochs": epoch + 1, "initial_epoch": epoch}
            model.fit(callbacks=[timer], **arguments)
    num_rows = BATCH * sum(timer.num_steps for timer in timers)
    return {
        "adapt": adapted,
        "per_row": sum(timer.seconds for timer in timers) / num_rows,
        "all": time.perf_counter() - started,
    }


def save(path, saved):
    """Saves an adapted model, as `assign` loads it: in a process of its own."""
    model = model_of("dec")
    model.pretrain(str(path), epochs=0, verbose=0)
    model.adapt(str(path), num_restarts=1, max_samples=10_000)
    model.save(saved)
    return {}


def assign(path, saved, out):
    """Assigns all rows into a Parquet; compares with a bare Keras model."""
    import keras

    import kerasdc  # noqa: F401, its layers can be loaded

    model = keras.saving.load_model(saved)
    x = np.load(path, mmap_mode="r")
    started = time.perf_counter()
    model.assign(str(path), out=out)
    seconds = time.perf_counter() - started
    ours, memory = seconds / len(x), largest_memory()
    some = np.array(x[:SMALL])
    bare = keras.Sequential([model.encoder, model.clustering])
    features = some.astype("float32") * float(model.preprocessor.state[0])
    bare.predict(features, batch_size=1024, verbose=0)
    started = time.perf_counter()
    bare.predict(features, batch_size=1024, verbose=0)
    plain = (time.perf_counter() - started) / len(some)
    figures = {"per_row": ours, "all": seconds, "share": plain / ours}
    return {**figures, "memory": memory}


def many_clusters(folder):
    """1,000 clusters of 1,000,000 rows of 100 columns."""
    path = pathlib.Path(folder, "columns.npy")
    shape = (1_000_000, 100)
    if not path.exists():
        generator = np.random.default_rng(0)
        centers = generator.normal(size=(1000, 100)).astype("float32")
        rows = np.lib.format.open_memmap(path, "w+", "float32", shape)
        for start in range(0, len(rows), 10_000):
            chosen = centers[generator.integers(1000, size=10_000)]
            noise = generator.normal(0, 0.2, chosen.shape)
            rows[start : start + 10_000] = chosen + noise
        rows.flush()
    model = model_of("dec", 1000)
    model.pretrain(str(path), epochs=0, verbose=0)
    started = time.perf_counter()
    model.adapt(str(path), num_restarts=1)
    adapted = time.perf_counter() - started
    model.fit(str(path), epochs=1, batch_size=BATCH, verbose=0)
    seconds = time.perf_counter() - started
    return {"adapt": adapted, "per_row": seconds / shape[0], "all": seconds}


def largest_memory():
    """The largest resident set of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def measured(what, arguments):
    """One line, in this process: its figures as JSON."""
    import warnings

    warnings.simplefilter("ignore")  # so few steps find no clusters
    folder, steps = arguments.folder, arguments.steps
    path = pathlib.Path(folder, f"rows_{arguments.rows}.npy")
    saved = pathlib.Path(folder, "large_data.keras")
    if what in TRAINED:
        found = train(what, path, steps)
    elif what == "save":
        found = save(path, str(saved))
    elif what == "assign":
        found = assign(path, saved, str(saved.with_suffix(".parquet")))
    elif what == "many":
        found = many_clusters(folder)
    else:
        raise ValueError(what)
    print(json.dumps({"memory": largest_memory(), **found}))


def run(what, arguments, rows, package=None):
    """One line, in a process of its own."""
    command = [sys.executable, __file__, "--line", what]
    command += ["--rows", str(rows), "--steps", str(arguments.steps)]
    command += ["--folder", str(arguments.folder)]
    environment = dict(os.environ)
    if package is not None:
        environment["PYTHONPATH"] = str(package)
    found = subprocess.run(
        command, capture_output=True, text=True, env=environment
    )
    if found.returncode:
        sys.exit(found.stderr)
    return json.loads(found.stdout.splitlines()[-1])


def show(name, found):
    """Prints a line of the table."""
    cells = [f"{name:34}"]
    units = {"adapt": "s", "per_row": "us", "all": "s", "memory": "GB"}
    for key, unit in units.items():
        value = found.get(key)
        if value is None:
            cells.append(f"{'':10}")
            continue
        value = value * 1e6 if key == "per_row" else value
        cells.append(f"{value:8.4g} {unit}")
    print("  ".join(cells), flush=True)


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--systems", nargs="*", default=[*TRAINED, "assign"])
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument(
        "--large-only", action="store_true", help="not 70,000 rows, too"
    )
    parser.add_argument("--release", help="folder of another checkout")
    parser.add_argument("--line", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.line:
        measured(arguments.line, arguments)
        return
    small = min(SMALL, arguments.rows)
    for rows in {arguments.rows, small}:
        make_rows(pathlib.Path(arguments.folder, f"rows_{rows}.npy"), rows)
    print(f"{'':34}  adapt  a trained row  all  memory")
    if arguments.release is not None:
        here = pathlib.Path(__file__).parent.parent
        for name, package in (("release", arguments.release), ("here", here)):
            found = run("dec", arguments, small, package)
            show(f"dec, {small:,} rows, {name}", found)
    for what in arguments.systems:
        if what in TRAINED and not arguments.large_only:
            found = run(what, arguments, small)
            show(f"{what}, {small:,} rows", found)
        if what == "assign":
            run("save", arguments, small)
        found = run(what, arguments, arguments.rows)
        show(f"{what}, {arguments.rows:,} rows", found)
        if "share" in found:
            print(f"{found['share']:.2f} of the speed of a bare Keras predict")


if __name__ == "__main__":
    main()
