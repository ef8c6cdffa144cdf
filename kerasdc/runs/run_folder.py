"""What all runs share: the data, and a folder that belongs to one of them."""

from kerasdc import datasets
from kerasdc.runs.ownership import Ownership
from kerasdc.runs.settings import settle
from kerasdc.utils.files import local_path
from kerasdc.utils.processes import process_index
from kerasdc.utils.processes import share_of
from kerasdc.zoo.results import COLUMNS


class FolderRun:
    """A run in a folder.

    From `start` to `close`, or to the end of a `with` block, the folder
    belongs to this run. Subclasses set `recipe`, plain values that are
    written beside the settings.

    Args:
        settings: `Settings`.
        out: Folder of the run.
        data_dir: Optional folder of the data sets.

    Attributes:
        data: `kerasdc.datasets.Dataset`.
        x, y: What it is fitted on, and its labels, for evaluation only; of
            several processes that train together, the share of this one.
        x_scored, y_scored: The samples that are scored.
        commit: String, the checkout's commit, once `start` was called.
    """

    def __init__(self, settings, out, data_dir=None):
        self.settings = settings
        self.out = local_path("out", out)
        if process_index() > 0:
            # Each has its own backups: they are of the same weights.
            self.out = self.out / f"process_{process_index()}"
        self._owner = Ownership(self.out)
        self.data_dir = data_dir
        self.data = data = datasets.load(settings.dataset, data_dir)
        held_out = settings.split == "test"
        if held_out and data.x_test is None:
            raise ValueError(
                f"{settings.dataset} has no split into train and test. "
                "Received: split='test'"
            )
        self.x, self.y = (
            (data.x_train, data.y_train) if held_out else (data.x, data.y)
        )
        share = share_of(len(self.x))
        self.x, self.y = self.x[share], self.y[share]
        self.x_scored, self.y_scored = (
            (data.x_test, data.y_test) if held_out else (data.x, data.y)
        )

    def start(self, resume=False):
        """Makes the folder, or checks that it holds this run.

        Args:
            resume: Boolean. `True` resumes a run that was stopped; `False`
                starts a new one, and never overwrites an existing run.

        Raises:
            BlockingIOError: If another run owns the folder. It says who.
            FileExistsError: If the folder holds a run and `resume` is false.
            ValueError: If the run in the folder has other settings.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        self._owner.take()
        try:
            self.commit = settle(self.out, self.settings, self.recipe, resume)
        except BaseException:
            self.close()
            raise

    def close(self):
        """Leaves the folder to others."""
        self._owner.free()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def row(self, **figures):
        """The run's row of `results.csv`.

        Args:
            **figures: Its scores, seconds and other columns.

        Returns:
            Dictionary with the keys `COLUMNS`.
        """
        return {
            **dict.fromkeys(COLUMNS),
            "system": self.settings.system,
            "dataset": self.settings.dataset,
            "recipe": self.settings.recipe,
            "seed": self.settings.seed,
            "split": self.settings.split,
            "num_samples": len(self.x_scored),
            **figures,
            "commit": self.commit,
        }
