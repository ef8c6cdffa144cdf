"""The zoo of pretrained models: list, load, publish, verify.

>>> import kerasdc
>>> "dec_mnist" in kerasdc.list_models()
True
>>> model = kerasdc.load("dec_mnist")

An entry is a folder named `<system>_<dataset>`: a SavedModel with all
weights, `metadata.json`, `golden.npz` with a few inputs and their outputs, a
generated card, and optionally a picture.
"""

from kerasdc.zoo.loading import list_models
from kerasdc.zoo.loading import load
from kerasdc.zoo.location import locked
from kerasdc.zoo.publishing import publish
from kerasdc.zoo.readmes import update_readme
from kerasdc.zoo.readmes import write_readmes
from kerasdc.zoo.readmes import write_zoo_readme
from kerasdc.zoo.results import add_results
from kerasdc.zoo.results import merge
from kerasdc.zoo.results import read_results
from kerasdc.zoo.tables import results_table
from kerasdc.zoo.verifying import verify

__all__ = [
    "add_results",
    "list_models",
    "load",
    "locked",
    "merge",
    "publish",
    "read_results",
    "results_table",
    "update_readme",
    "verify",
    "write_readmes",
    "write_zoo_readme",
]
