"""The zoo of pretrained models: list, load, publish, verify.

>>> import kerasdc
>>> "dec_mnist" in kerasdc.list_models()
True
>>> model = kerasdc.load("dec_mnist")

An entry is a folder named `<system>_<dataset>`:

- `model.weights.h5`: the weights, which `load` reads, on every backend;
- `saved_model/1`: the same model for TensorFlow Serving;
- `golden.npz`: a few inputs and the outputs that both give to 1e-5;
- `metadata.json`: how it was made, and size and hash of each of these files;
- `README.md`: the card, generated from the metadata;
- `preview.png`: a picture, where there is one.

The zoo's `index.json` has the hash of each entry's metadata; an entry that it
does not list is not loaded. Those of the published models are in the package,
too (`digests.json`): see `kerasdc.zoo.trust` for whom is trusted with what.
"""

from kerasdc.zoo.loading import list_models
from kerasdc.zoo.loading import load
from kerasdc.zoo.location import locked
from kerasdc.zoo.model_info import ModelInfo
from kerasdc.zoo.model_info import info
from kerasdc.zoo.publishing import publish
from kerasdc.zoo.readmes import update_readme
from kerasdc.zoo.readmes import write_readmes
from kerasdc.zoo.readmes import write_zoo_readme
from kerasdc.zoo.results import add_results
from kerasdc.zoo.results import merge
from kerasdc.zoo.results import read_results
from kerasdc.zoo.tables import baselines_table
from kerasdc.zoo.tables import results_table
from kerasdc.zoo.verifying import verify

__all__ = [
    "ModelInfo",
    "add_results",
    "baselines_table",
    "info",
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
