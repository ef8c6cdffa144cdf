"""The two kinds of runs: of a system by a recipe, and of a baseline."""

import dataclasses
from collections.abc import Callable

from kerasdc.baselines import BASELINES
from kerasdc.runs.artifacts import write_results
from kerasdc.runs.baseline_run import BaselineRun
from kerasdc.runs.baseline_run import publish_baseline
from kerasdc.runs.baseline_run import write_baseline
from kerasdc.runs.publication import publish_run
from kerasdc.runs.run import Run


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is done in a run.

    Attributes:
        run: Subclass of `kerasdc.runs.run_folder.FolderRun`, with `train`.
        write: Function of the trained run that writes its files and returns
            its figures, a row of `results.csv`.
        publish: Function of run and figures that adds them to the zoo, and
            returns a message.
    """

    run: type
    write: Callable
    publish: Callable


SYSTEM = Kind(Run, write_results, publish_run)
BASELINE = Kind(BaselineRun, write_baseline, publish_baseline)


def kind_of(settings):
    """The kind of a run.

    Args:
        settings: `kerasdc.runs.settings.Settings`.

    Returns:
        `Kind`.
    """
    return BASELINE if settings.system in BASELINES else SYSTEM
