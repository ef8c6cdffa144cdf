"""The stages of a recipe, trained one after the other in a folder."""

import importlib.util
import json
from dataclasses import asdict
from pathlib import Path

import keras

from kerasdc import datasets
from kerasdc.callbacks import ClusteringMetrics
from kerasdc.callbacks import ClusterSizes
from kerasdc.callbacks import LabelChangeStopping
from kerasdc.models import ClusteringModel
from kerasdc.models import LayerwisePretraining
from kerasdc.report import Outputs
from kerasdc.runs import building
from kerasdc.runs.backup import EpochBackup
from kerasdc.runs.backup import StageLog
from kerasdc.runs.backup import StageProgress
from kerasdc.runs.backup import read_log
from kerasdc.runs.backup import save_weights
from kerasdc.runs.settings import current_commit
from kerasdc.targets import all_features
from kerasdc.utils.files import write_json

_PATIENCE = 10  # epochs in which a cluster may still be empty


class Run:
    """One training in one folder, which can be resumed after a kill.

    The state after each finished stage is one file; the state within a
    stage is saved by `EpochBackup`.

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
        self.settings = settings
        self.recipe = settings.values()
        self.out = Path(out)
        self.data_dir = data_dir
        self.tensorboard = tensorboard
        data = datasets.load(settings.dataset, data_dir)
        if settings.split == "test" and data.x_test is None:
            raise ValueError(
                f"{settings.dataset} has no split into train and test. "
                "Received: split='test'"
            )
        held_out = settings.split == "test"
        self.data = data
        self.x, self.y = (
            (data.x_train, data.y_train) if held_out else (data.x, data.y)
        )
        self.x_scored, self.y_scored = (
            (data.x_test, data.y_test) if held_out else (data.x, data.y)
        )

    def start(self, resume=False):
        """Makes the folder, or checks that it holds this run.

        Args:
            resume: Boolean. `True` resumes a run that was stopped; `False`
                starts a new one, and never overwrites an existing run.

        Raises:
            FileExistsError: If the folder holds a run and `resume` is false.
            ImportError: If a package for the report or the logs is missing.
            ValueError: If the run in the folder has other settings.
        """
        _check_packages(["tensorboard"] if self.tensorboard else [])
        path = self.out / "settings.json"
        settings = json.loads(
            json.dumps({**asdict(self.settings), "values": self.recipe})
        )
        if path.exists():
            found = _read_settings(path)
            self._check_resumable(found, settings, resume)
            self.commit = found["commit"]
            return
        self.out.mkdir(parents=True, exist_ok=True)
        self.commit = current_commit()
        write_json(path, {**settings, "commit": self.commit})

    def _check_resumable(self, found, settings, resume):
        if not resume:
            raise FileExistsError(
                f"{self.out} holds a run. Pass --resume to resume it, or "
                f"another --out. Received: out={self.out}"
            )
        changed = [k for k in settings if found.get(k) != settings[k]]
        if changed:
            raise ValueError(
                f"{self.out} holds a run of other settings "
                f"({', '.join(changed)} differ): resume it with its own "
                f"settings, or use another --out. Received: out={self.out}"
            )

    def train(self):
        """Trains, or resumes training.

        Returns:
            The trained `kerasdc.models.EncoderModel`, in float32.
        """
        (self.out / "stages").mkdir(parents=True, exist_ok=True)
        policy = self.settings.dtype_policy
        if policy is None:
            self._build()
            self._train_stages()
        else:
            self._train_in(policy)
        self.outputs = Outputs(self.model, self.x_scored, self.y_scored)
        return self.model

    def _train_in(self, policy):
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            self._build()
            self._train_stages()
        finally:
            keras.config.set_dtype_policy(before)
        # The weights are float32, but the layers compute in `policy`.
        trained = self.model
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
        first = self._load_finished(list(stages))
        for index, (name, stage) in enumerate(stages.items()):
            if index >= first:
                title = f"Stage {index + 1} of {len(stages)}: {name}"
                stage(self._callbacks(name, title))
                self._save_finished(index, name)

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
        )

    def _adapt(self, callbacks):
        progress, log, *_ = callbacks
        print(progress.title, flush=True)
        arguments = building.adapt_arguments(self.recipe, self.x)
        if isinstance(self.model, ClusteringModel):
            arguments["verbose"] = 1  # other systems have one run only
        # Logged as one epoch, for its time.
        log.on_epoch_begin(0)
        self.model.adapt(self.inputs, **arguments)
        log.on_epoch_end(0)
        seconds = float(read_log(log.path)[-1]["seconds"])
        print(f"Took {seconds:.1f} s", flush=True)

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
            StageLog(self.out / "log.csv", name),
            EpochBackup(self.out / "backup" / name),
        ]
        if self.tensorboard:
            folder = self.out / "tensorboard" / name
            callbacks.append(keras.callbacks.TensorBoard(folder))
        return callbacks

    # === State between stages ===

    def _stage_file(self, index, name):
        return self.out / "stages" / f"{index}_{name}.weights.h5"

    def _load_finished(self, names):
        """Loads the last finished stage; returns the next one's index."""
        for index, name in reversed(list(enumerate(names))):
            path = self._stage_file(index, name)
            if path.exists():
                self.model.load_weights(path)
                return index + 1
        return 0

    def _save_finished(self, index, name):
        path = self._stage_file(index, name)
        save_weights(self.model, path)
        for old in path.parent.glob("[0-9]*.weights.h5"):
            if old != path:
                old.unlink()


def _read_settings(path):
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The settings of this run are damaged: {error}. "
            f"Received: file={str(path)!r}"
        ) from error


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
