"""The stages of a recipe, trained one after the other in a folder."""

import importlib.util
import shutil
import time

import keras

from kerasdc.callbacks import ClusteringMetrics
from kerasdc.callbacks import ClusterSizes
from kerasdc.callbacks import LabelChangeStopping
from kerasdc.models import ClusteringModel
from kerasdc.models import LayerwisePretraining
from kerasdc.models.bases.scopes import policy_scope
from kerasdc.report import Outputs
from kerasdc.runs import building
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.backup import StageProgress
from kerasdc.runs.run_folder import FolderRun
from kerasdc.runs.snapshots import Snapshot
from kerasdc.runs.snapshots import newest_of_all
from kerasdc.runs.stage_log import StageLog
from kerasdc.runs.stage_log import seconds_in
from kerasdc.targets import all_features
from kerasdc.utils.processes import leave
from kerasdc.utils.processes import num_processes

_PATIENCE = 10  # epochs in which a cluster may still be empty


class Run(FolderRun):
    """One training in one folder, which can be resumed after a kill.

    The state after a finished stage is a `Snapshot`, as is the state within
    a stage, which `EpochBackup` saves. See also `FolderRun`.

    Args:
        settings: `Settings`.
        out: Folder of the run.
        data_dir: Optional folder of the data sets.
        tensorboard: Boolean. Whether to log for TensorBoard too.

    Attributes:
        model: The model, once `train` was called.
        outputs: Its `kerasdc.report.Outputs` for the samples that are
            scored, computed where they are first used.
    """

    def __init__(self, settings, out, data_dir=None, tensorboard=True):
        self.recipe = settings.values()
        super().__init__(settings, out, data_dir)
        self.tensorboard = tensorboard

    def start(self, resume=False):
        """Makes the folder, or checks that it holds this run.

        Args:
            resume: As for `FolderRun.start`.

        Raises:
            ImportError: If a package for the report or the logs is missing.
            OSError, ValueError: As `FolderRun.start`.
        """
        _check_packages(["tensorboard"] if self.tensorboard else [])
        super().start(resume)

    def train(self):
        """Trains, or resumes training.

        Returns:
            The trained `kerasdc.models.EncoderModel`, in float32.
        """
        (self.out / "stages").mkdir(parents=True, exist_ok=True)
        policy = self.settings.dtype_policy
        if policy is None and num_processes() == 1:
            self._build()
            self._train_stages()
        else:
            self._train_in(policy or keras.config.dtype_policy())
        self.outputs = Outputs(self.model, self.x_scored, self.y_scored)
        return self.model

    def _train_in(self, policy):
        with policy_scope(policy):
            self._build()
            self._train_stages()
        # The weights are float32, but the layers compute in `policy`; those
        # of several processes are shared out among them.
        trained = self.model
        leave()
        self._build()
        self._load_finished(list(self._stages()))
        self.model.share_adapted(trained)

    def _build(self):
        self.model = building.build_model(
            self.settings.system,
            self.recipe,
            self.x,
            self.data.num_clusters,
            self.settings.seed,
        )
        self.inputs = self.model.prepare(self.x)

    def _train_stages(self):
        stages = self._stages()
        names = list(stages)
        first = self._load_finished(names)
        for index, (name, stage) in enumerate(stages.items()):
            if index >= first:
                title = f"Stage {index + 1} of {len(stages)}: {name}"
                stage(self._callbacks(name, title))
                self._save_finished(names, index)

    # === Stages ===

    def _stages(self):
        """Name -> function of the stage's callbacks, in order."""
        stages = {}
        if "layerwise" in self.recipe:
            self._layerwise = LayerwisePretraining(
                self.model.encoder,
                self.model.decoder,
                self.recipe["layerwise"]["dropout"],
                building.reconstruction_loss(self.recipe),
                self.settings.seed,
            )
            for i in range(len(self._layerwise.pairs)):
                stages[f"layerwise_{i + 1}"] = lambda callbacks, i=i: (
                    self._fit_pair(i, callbacks)
                )
        for name in ("pretrain", "adapt"):
            if name in self.recipe:
                stages[name] = getattr(self, f"_{name}")
        stages["fit"] = self._fit
        return stages

    def _fit_pair(self, index, callbacks):
        codes = all_features(self.inputs, self.model.preprocessor)
        codes = codes.reshape(len(codes), -1).astype("float32", copy=False)
        for i in range(index):
            codes = self._layerwise.encode_with(i, codes)
        self._layerwise.fit_pair(
            index,
            codes,
            building.stage_optimizer(self.recipe, "layerwise", self.x),
            epochs=building.num_epochs(self.recipe, "layerwise", self.x),
            batch_size=self.recipe["batch_size"],
            verbose=0,
            callbacks=callbacks,
        )

    def _pretrain(self, callbacks):
        self.model.pretrain(
            self.inputs,
            epochs=building.num_epochs(self.recipe, "pretrain", self.x),
            batch_size=self.recipe["batch_size"],
            verbose=0,
            callbacks=callbacks,
            **self.recipe["pretrain"].get("graph", {}),
        )

    def _adapt(self, callbacks):
        progress, log, *_ = callbacks
        print(progress.title, flush=True)
        arguments = building.adapt_arguments(self.recipe, self.x)
        for name in ("restarts", "self_training"):
            if name in arguments:
                arguments[name]["callbacks"] = self._inner_callbacks
        if isinstance(self.model, ClusteringModel):
            arguments["verbose"] = 1  # other systems have one run only
        # Logged as one epoch, for its time.
        before, start = seconds_in(self._inner_log), time.perf_counter()
        self.model.adapt(self.inputs, **arguments)
        seconds = before + time.perf_counter() - start
        log.write(0, seconds)
        print(f"Took {seconds:.1f} s", flush=True)

    def _inner_callbacks(self, name):
        """Those of a training that is part of `adapt`."""
        return [
            StageLog(self._inner_log, name),
            EpochBackup(self._inner_log.with_name(name), self._inner_log),
        ]

    def _fit(self, callbacks):
        if isinstance(self.model, ClusteringModel):
            callbacks = [*self._cluster_callbacks(), *callbacks]
        self.model.fit(
            self.inputs,
            epochs=self.recipe["fit"]["epochs"],
            batch_size=self.recipe["batch_size"],
            verbose=0,
            callbacks=callbacks,
        )

    def _cluster_callbacks(self):
        patience = _PATIENCE if self.model.starts_undecided else 1
        callbacks = [
            ClusterSizes(patience=patience),
            ClusteringMetrics(None, self.y),
        ]
        if "tolerance" in self.recipe["fit"]:
            tolerance = self.recipe["fit"]["tolerance"]
            callbacks.append(LabelChangeStopping(tolerance))
        return callbacks

    def _callbacks(self, name, title):
        callbacks = [
            StageProgress(title),
            StageLog(self._log, name),
            EpochBackup(self.out / "backup" / name, self._log),
        ]
        if self.tensorboard:
            folder = self.out / "tensorboard" / name
            callbacks.append(keras.callbacks.TensorBoard(folder))
        return callbacks

    # === State between stages ===

    @property
    def _log(self):
        return self.out / "log.csv"

    @property
    def _inner_log(self):
        return self.out / "backup" / "adapt" / "log.csv"

    def _snapshots(self, names):
        folder = self.out / "stages"
        return [Snapshot(folder, f"{i}_{name}") for i, name in enumerate(names)]

    def _load_finished(self, names):
        """Loads the last finished stage; returns the next one's index."""
        snapshots = self._snapshots(names)
        index = newest_of_all(snapshots)
        if index is None:
            return 0
        snapshots[index].load(self.model, self._log)
        return index + 1

    def _save_finished(self, names, index):
        *older, snapshot = self._snapshots(names)[: index + 1]
        snapshot.save(self.model, self._log)
        # The one before is kept, should this one be damaged.
        for old in older[:-1]:
            old.delete()
        if names[index] == "adapt":  # as many trainings as there are restarts
            shutil.rmtree(self._inner_log.parent, ignore_errors=True)


def _check_packages(names):
    """Raises before the training if a package for its end is missing."""
    names = ["matplotlib", *names]
    missing = [name for name in names if not importlib.util.find_spec(name)]
    if missing:
        raise ImportError(
            "Reports need matplotlib, the logs of a training tensorboard: "
            'pip install -e ".[plot]". '
            f"Received: {' and '.join(missing)} missing"
        )
