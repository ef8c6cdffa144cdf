"""Settings that identify a run: system, data set, recipe, seed."""

import subprocess
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path

import keras

from kerasdc.recipes import get_recipe
from kerasdc.utils.arguments import checked_count

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
