"""Puts the smallest pretrained models into wheels; see `pyproject.toml`."""

import pathlib
import shutil

from setuptools import setup
from setuptools.command.build_py import build_py

_PATTERN = "*_digits"
_LARGEST = 3 * 2**20  # bytes of the weights of a model in the wheel


class BuildWithModels(build_py):
    """`build_py`, and models to `kerasdc/zoo/bundled/`."""

    def run(self):
        super().run()
        if not self.editable_mode:
            target = pathlib.Path(self.build_lib, "kerasdc", "zoo", "bundled")
            for entry in sorted(pathlib.Path("zoo").glob(_PATTERN)):
                weights = entry / "model.weights.h5"
                if weights.stat().st_size <= _LARGEST:
                    self._copy(entry, target / entry.name)

    def _copy(self, entry, target):
        # `kerasdc.export` writes the SavedModel again.
        shutil.rmtree(target, ignore_errors=True)
        ignored = shutil.ignore_patterns("saved_model", "README.md")
        shutil.copytree(entry, target, ignore=ignored)


setup(cmdclass={"build_py": BuildWithModels})
