"""Hyperparameters of every (system, dataset), as data.

`paper` follows the original as closely as possible and lists the deviations.
`paper_short` has a fifth of its pretraining steps, that of DEPICT fewer;
`paper_merged` also has centers by merged k-means. `rerun` is DEC as its
best-known re-implementation trains it. `rpt` is IMSAT's paper recipe with
random perturbations in place of adversarial ones. `best` gives better
results, also without labels; `autoencoder` is the best that starts from an
autoencoder, where `best` does not. Nothing was chosen per seed.
"""

import copy
import json

from kerasdc.recipes import dac
from kerasdc.recipes import dbc
from kerasdc.recipes import dcn
from kerasdc.recipes import dec
from kerasdc.recipes import depict
from kerasdc.recipes import embedding
from kerasdc.recipes import idec
from kerasdc.recipes import imsat
from kerasdc.recipes import infogan
from kerasdc.recipes import jule
from kerasdc.recipes import temi
from kerasdc.recipes import tsne
from kerasdc.recipes import vade
from kerasdc.utils.arguments import checked_name

_SYSTEMS = {
    "dac": dac,
    "dbc": dbc,
    "dcn": dcn,
    "dec": dec,
    "depict": depict,
    "embedding": embedding,
    "idec": idec,
    "imsat": imsat,
    "infogan": infogan,
    "jule": jule,
    "temi": temi,
    "tsne": tsne,
    "vade": vade,
}
RECIPES = {system: module.RECIPES for system, module in _SYSTEMS.items()}
# System -> its `objective` in words; and the split that models in the zoo are
# trained on, if the data set has one.
OBJECTIVES = {system: module.OBJECTIVE for system, module in _SYSTEMS.items()}
PUBLISHED_SPLITS = {
    system: module.PUBLISHED_SPLIT for system, module in _SYSTEMS.items()
}

# (system, dataset) -> published accuracy, and its source.
PUBLISHED = {
    (system, dataset): figure
    for system, module in _SYSTEMS.items()
    for dataset, figure in module.PUBLISHED.items()
}


def list_recipes():
    """Names of all recipes.

    Returns:
        List of tuples `(system, dataset, recipe)`.
    """
    return [
        (system, dataset, recipe)
        for system, datasets in RECIPES.items()
        for dataset, recipes in datasets.items()
        for recipe in recipes
    ]


def get_recipe(system, dataset, recipe="best"):
    """A copy of one recipe.

    Args:
        system: Name of a system, such as `"dec"`.
        dataset: Name of a data set, such as `"mnist"`.
        recipe: `"best"`, `"paper"` or another of `list_recipes`.

    Returns:
        Dictionary of plain values.

    Raises:
        ValueError: If there is none of that name.
    """
    datasets = RECIPES[checked_name("system", system, RECIPES)]
    found = datasets[checked_name("dataset", dataset, datasets)]
    return copy.deepcopy(found[checked_name("recipe", recipe, found)])


def without_prose(recipe):
    """The values of a recipe, as metadata of models hold them.

    Args:
        recipe: Dictionary, as `get_recipe` returns it.

    Returns:
        A copy without `deviations`, with lists for tuples, as JSON has it.
    """
    values = json.loads(json.dumps(recipe))
    values.pop("deviations", None)
    return values
