"""A short training of a few digits, which may be killed on its way."""

import dataclasses
import os
import signal
import sys
from unittest import mock

from kerasdc import datasets
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.run import Run
from kerasdc.runs.settings import Settings

_ALL = datasets.load  # before anybody puts `few_digits` in its place


def few_digits(*args):
    """In place of `datasets.load`: 300 digits, of which 60 for the test."""
    digits = _ALL("digits")
    return dataclasses.replace(
        digits, x=digits.x[:300], y=digits.y[:300], num_train=240, num_test=60
    )


def shorten_dec(recipe):
    """Changes DEC's recipe in place."""
    recipe["adapt"] = {"num_restarts": 1}
    recipe["fit"]["tolerance"] = 0.0  # reports the labels that change


def train(out, resume=False, shorten=shorten_dec, **settings):
    """Trains, or goes on; returns the run."""
    settings = Settings(**{"pretrain_epochs": 2, "epochs": 2, **settings})
    with mock.patch.object(datasets, "load", few_digits):
        run = Run(settings, out, tensorboard=False)
    shorten(run.recipe)
    run.start(resume)
    run.train()
    return run


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
