"""Settings that identify a run: system, data set, recipe, seed."""

import json
import subprocess
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path

import keras

from kerasdc.recipes import get_recipe
from kerasdc.utils.arguments import checked_count
from kerasdc.utils.files import write_json

_FLAGS = {
    "system": "model",
    "pretrain_epochs": "pretrain-epochs",
    "dtype_policy": "dtype-policy",
}


@dataclass(frozen=True)
class Settings:
    """Settings that identify a run.

    Attributes:
        system: Name of a system, such as `"dec"`.
        dataset: Name of a data set.
        recipe: Name of a recipe.
        seed: Integer.
        split: `"all"` trains on train and test together, as the papers;
            `"test"` trains on the training part and scores the test part.
        pretrain_epochs: Optional integer in place of the recipe's.
        epochs: Optional integer, update intervals in place of the recipe's.
        dtype_policy: Optional Keras dtype policy of the training, such as
            `"mixed_bfloat16"`. The model that is scored and saved is float32.

    Raises:
        ValueError: If a number is negative or Keras has no such policy.
    """

    system: str = "dec"
    dataset: str = "digits"
    recipe: str = "best"
    seed: int = 0
    split: str = "all"
    pretrain_epochs: int | None = None
    epochs: int | None = None
    dtype_policy: str | None = None

    def __post_init__(self):
        # Before training, and before a folder is made.
        for name in ("seed", "pretrain_epochs", "epochs"):
            value = getattr(self, name)
            if value is not None:
                checked_count(name, value, minimum=0)
        if self.dtype_policy is not None:
            keras.dtype_policies.get(self.dtype_policy)

    @property
    def folder(self):
        """The default folder of the run."""
        name = f"{self.system}_{self.dataset}_{self.recipe}_{self.seed}"
        held_out = "_held_out" if self.split == "test" else ""
        return Path("runs") / f"{name}{held_out}"

    @property
    def computed_by(self):
        """Keras' backend, and the dtype policy if one is set, as a string."""
        names = [keras.backend.backend(), self.dtype_policy]
        return "/".join(filter(None, names))

    @property
    def command(self):
        """The command that repeats the run, with all settings."""
        words = [
            f"--{_FLAGS.get(name, name)} {value}"
            for name, value in asdict(self).items()
            if value is not None
        ]
        return " ".join(["python train.py", *words])

    def values(self):
        """The recipe with this run's changes.

        Returns:
            Dictionary.
        """
        recipe = get_recipe(self.system, self.dataset, self.recipe)
        if self.pretrain_epochs is not None:
            for stage in ("layerwise", "pretrain"):
                if stage in recipe:
                    recipe[stage]["epochs"] = self.pretrain_epochs
        if self.epochs is not None:
            recipe["fit"]["epochs"] = self.epochs
        return recipe


def current_commit():
    """The checkout's commit.

    Returns:
        Short hash, with `+` if files differ from it; `"unknown"` outside a
        checkout.
    """
    folder = Path(__file__).parent
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def settle(folder, settings, recipe, resume):
    """Writes the settings of a new run, or checks those that are there.

    Args:
        folder: `pathlib.Path` of the run.
        settings: `Settings`.
        recipe: Dictionary, the recipe's values.
        resume: Boolean. Whether a run may be there.

    Returns:
        String: the commit that the run was begun with.

    Raises:
        FileExistsError: If there is a run and `resume` is false.
        ValueError: If it has other settings, or they are damaged.
    """
    path = folder / "settings.json"
    # As they are read.
    values = json.loads(json.dumps({**asdict(settings), "values": recipe}))
    if path.exists():
        found = _read_settings(path)
        _check_resumable(folder, found, values, resume)
        return found["commit"]
    commit = current_commit()
    write_json(path, {**values, "commit": commit})
    return commit


def _read_settings(path):
    try:
        found = dict(json.loads(path.read_text(encoding="utf-8")))
        return {**found, "commit": str(found["commit"])}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"The settings of this run are damaged: {error!r}. "
            f"Received: file={str(path)!r}"
        ) from error


def _check_resumable(folder, found, values, resume):
    if not resume:
        raise FileExistsError(
            f"{folder} holds a run. Pass --resume to resume it, or "
            f"another --out. Received: out={str(folder)!r}"
        )
    changed = [name for name in values if found.get(name) != values[name]]
    if changed:
        raise ValueError(
            f"{folder} holds a run of other settings "
            f"({', '.join(changed)} differ): resume it with its own "
            f"settings, or use another --out. Received: out={str(folder)!r}"
        )
