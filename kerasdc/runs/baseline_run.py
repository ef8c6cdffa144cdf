"""A baseline on a data set: its run, its files, its row of the results."""

import time

from kerasdc import metrics
from kerasdc import zoo
from kerasdc.baselines import BASELINES
from kerasdc.baselines import make_baseline
from kerasdc.baselines.known_baselines import RECIPE
from kerasdc.models.bases.scopes import policy_scope
from kerasdc.runs.run_folder import FolderRun
from kerasdc.utils.files import write_csv
from kerasdc.utils.files import write_json


class BaselineRun(FolderRun):
    """One baseline, fitted in one go; see `FolderRun`.

    A run that was stopped begins again where it is resumed.

    Args:
        settings: `Settings` whose `system` is one of
            `kerasdc.baselines.list_baselines()`.
        out: Folder of the run.
        data_dir: Optional folder of the data sets.

    Attributes:
        estimator: The scikit-learn pipeline.
        assignments: Integers `(n,)`, the clusters of the samples that are
            scored, once `train` was called.
        seconds: Float, the time that it took.

    Raises:
        ImportError: If the baseline needs a package that is not installed.
        ValueError: If it does not take such data, cannot assign the samples
            of the test part, or a setting is one of systems only.
    """

    def __init__(self, settings, out, data_dir=None):
        _check_settings(settings)
        super().__init__(settings, out, data_dir)
        name = settings.system
        self.known = BASELINES[name]
        if self.data.kind not in self.known.kinds:
            raise ValueError(
                f"{name} takes data of the kind {' or '.join(self.known.kinds)}"
                f" only. Received: dataset={settings.dataset!r}, of the kind "
                f"{self.data.kind}"
            )
        num_clusters = self.data.num_clusters
        self.estimator = make_baseline(name, num_clusters, settings.seed)
        if settings.split == "test" and not hasattr(self.estimator, "predict"):
            raise ValueError(
                f"{name} cannot assign samples that it was not fitted on. "
                "Received: split='test'"
            )
        self.recipe = {"estimator": " ".join(repr(self.estimator).split())}

    def train(self):
        """Fits the baseline, and assigns the samples that are scored.

        Returns:
            The fitted estimator.
        """
        name = self.settings.system
        print(f"Fitting {name} to {len(self.x):,} samples", flush=True)
        start = time.perf_counter()
        with policy_scope(self.settings.dtype_policy):
            if self.settings.split == "test":
                self.estimator.fit(self.x)
                self.assignments = self.estimator.predict(self.x_scored)
            else:
                self.assignments = self.estimator.fit_predict(self.x)
        self.seconds = time.perf_counter() - start
        return self.estimator


def write_baseline(run):
    """Writes figures and assignments of a run.

    Args:
        run: A trained `BaselineRun`.

    Returns:
        Dictionary: the run's row of `results.csv`.
    """
    figures = run.row(
        **metrics.evaluate(run.y_scored, run.assignments),
        seconds=round(run.seconds, 1),
        backend=run.known.backend or run.settings.computed_by,
    )
    write_json(run.out / "metrics.json", figures)
    columns = ("index", "cluster")
    rows = [dict(zip(columns, row)) for row in enumerate(run.assignments)]
    write_csv(run.out / "assignments.csv", columns, rows)
    return figures


def publish_baseline(run, figures):
    """Adds a run to the zoo's results; the zoo holds no such models.

    Args:
        run: A trained `BaselineRun`.
        figures: Its row, as `write_baseline` gives it.

    Returns:
        String that describes what was done.
    """
    with zoo.locked():
        zoo.add_results([figures])
        zoo.write_readmes()
    settings = run.settings
    return (
        f"Added {settings.system} on {settings.dataset}, seed {settings.seed}, "
        "to the results."
    )


def _check_settings(settings):
    """Raises if a setting is one that only systems have."""
    if settings.recipe != RECIPE:
        raise ValueError(
            f"The only recipe of a baseline is {RECIPE!r}. "
            f"Received: recipe={settings.recipe!r}"
        )
    policy = ["dtype_policy"] if BASELINES[settings.system].backend else []
    for name in ["pretrain_epochs", "epochs", *policy]:
        value = getattr(settings, name)
        if value is not None:
            raise ValueError(
                f"A baseline has no `{name}`: leave it out. "
                f"Received: {name}={value!r}"
            )
