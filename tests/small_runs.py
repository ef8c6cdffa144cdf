"""A short training of a few digits, which may be killed on its way."""

import collections
import contextlib
import dataclasses
import functools
import json
import os
import signal
import sys
from types import SimpleNamespace
from unittest import mock

import pytest
import systems

from kerasdc import datasets
from kerasdc import models
from kerasdc import zoo
from kerasdc.plots import projection
from kerasdc.runs import artifacts
from kerasdc.runs import publication
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.run import Run
from kerasdc.runs.settings import Settings
from kerasdc.runs.stage_log import read_log

_ALL = datasets.load  # before anybody puts `few_digits` in its place


def few_digits(*args):
    """In place of `datasets.load`: 300 digits, of which 60 for the test."""
    digits = _ALL("digits")
    return dataclasses.replace(
        digits, x=digits.x[:300], y=digits.y[:300], num_train=240, num_test=60
    )


def quick_pictures():
    """A context in which pictures of the plane are trained for a moment."""
    return mock.patch.object(projection, "_NUM_STEPS", 2)


def few_steps():
    """A context of short epochs, where the data do not set their length."""
    fit = models.NeighborEmbedding.fit
    few = functools.partialmethod(fit, steps_per_epoch=2)
    return mock.patch.object(models.NeighborEmbedding, "fit", few)


@contextlib.contextmanager
def counted_passes():
    """Counts calls, which go on to the real methods, by class and method."""
    found = collections.Counter()

    def count(owner, name):
        method = getattr(owner, name)

        def counted(self, x, *args, **kwargs):
            found[f"{type(self).__name__}.{name} of {len(x)}"] += 1
            return method(self, x, *args, **kwargs)

        patch.setattr(owner, name, counted)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("predict", "embed"):
            count(models.DEC, name)
        for name in ("fit", "predict"):
            count(models.NeighborEmbedding, name)
        yield found


def shorten_dec(recipe):
    """Changes DEC's recipe in place."""
    recipe["adapt"] = {"num_restarts": 1}
    recipe["fit"]["tolerance"] = 0.0  # reports the labels that change
    if "compile" in recipe:  # the epochs of its pretraining are longer
        recipe["network"]["units"] = [32]
        recipe["batch_size"] = 64


def train(out, resume=False, shorten=shorten_dec, eager=False, **settings):
    """Trains, or goes on; returns the run. `eager` is for few steps.

    DEC, unless a system is named, by the recipe of the shortest epochs.
    """
    recipe = {} if "system" in settings else {"recipe": "autoencoder"}
    recipe |= {"pretrain_epochs": 2, "epochs": 2}
    settings = Settings(**{**recipe, **settings})
    with mock.patch.object(datasets, "load", few_digits):
        run = Run(settings, out, tensorboard=False)
    shorten(run.recipe)
    with run, systems.eager() if eager else contextlib.nullcontext():
        run.start(resume)
        run.train()
    return run


def stages_of(out):
    """Stage and epoch of each row of a run's log."""
    rows = read_log(out / "log.csv")
    return [(row["stage"], row["epoch"]) for row in rows]


@contextlib.contextmanager
def backed_up():
    """A list of stage and epoch of each backup of this context."""
    save, found = EpochBackup.on_epoch_end, []

    def on_epoch_end(self, epoch, logs=None):
        found.append((self.folder.name, epoch))
        save(self, epoch, logs)

    with mock.patch.object(EpochBackup, "on_epoch_end", on_epoch_end):
        yield found


def published(folder, **settings):
    """A run in `folder/out` and the zoo `folder/zoo` that it is published in.

    Args:
        folder: `pathlib.Path`.
        **settings: Of `train`.

    Returns:
        Namespace of the run, its figures, the message of the publication and
        the paths `out` and `zoo`.
    """
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("KERASDC_ZOO", str(folder / "zoo"))
        stack.enter_context(quick_pictures())
        run = train(folder / "out", **settings)
        stack.enter_context(systems.eager())
        figures = artifacts.write_results(run)
        message = publication.publish_run(run, figures)
    return SimpleNamespace(
        run=run,
        figures=json.loads((run.out / "metrics.json").read_text()),
        message=message,
        out=run.out,
        zoo=folder / "zoo",
    )


def verified(name, zoo_dir):
    """What `zoo.verify` finds of a model of `few_digits`."""
    with mock.patch.object(datasets, "load", few_digits), systems.eager():
        return zoo.verify(name, zoo_dir)


def interrupt():
    raise KeyboardInterrupt


def stopped_by(stop, stage, epoch):
    """A context in which `stop()` is called when an epoch begins.

    Args:
        stop: Function.
        stage: Name of the stage.
        epoch: Integer from 0.
    """

    def on_epoch_begin(self, number, logs=None):
        if (self.folder.name, number) == (stage, epoch):
            stop()

    return mock.patch.object(EpochBackup, "on_epoch_begin", on_epoch_begin)


def main(out, resume, stage, number):
    """Kills this process when an epoch of a stage begins."""

    def kill():
        os.kill(os.getpid(), signal.SIGKILL)

    with stopped_by(kill, stage, int(number)):
        train(out, resume == "resume")


if __name__ == "__main__":
    main(*sys.argv[1:])
