"""What `train.py` does: a run by its options, and the list of what there is."""

import json
import sys

from kerasdc.baselines import list_baselines
from kerasdc.baselines.known_baselines import RECIPE
from kerasdc.recipes import RECIPES
from kerasdc.recipes import list_recipes
from kerasdc.runs.distributed import join
from kerasdc.runs.kinds import kind_of
from kerasdc.runs.publication import check_publishable
from kerasdc.runs.settings import Settings
from kerasdc.utils.arguments import checked_name
from kerasdc.utils.processes import process_index
from kerasdc.utils.terminal import print_anywhere
from kerasdc.zoo import list_models
from kerasdc.zoo import results_table


def print_list():
    """Prints every recipe and baseline, and what the zoo has published.

    Returns:
        Exit status.
    """
    print_anywhere()
    print("Recipes (--model, --dataset, --recipe):")
    for system, dataset, recipe in list_recipes():
        print(f"  {system:10} {dataset:15} {recipe}")
    print("\nBaselines (--model), for every data set that they take:")
    print(f"  {', '.join(list_baselines())}")
    print("\nPublished models (kerasdc.load):")
    for name in list_models():
        print(f"  {name}")
    print("\n" + results_table())
    return 0


def settings_of(options):
    """The settings of a run.

    Args:
        options: `argparse.Namespace` of `train.py`.

    Returns:
        `kerasdc.runs.settings.Settings`.

    Raises:
        ValueError: If there is no such system or baseline, or a number is
            out of its range.
    """
    known = [*RECIPES, *list_baselines()]
    system = checked_name("model", options.model, known, "system or baseline")
    return Settings(
        system=system,
        dataset=options.dataset,
        recipe=options.recipe or ("best" if system in RECIPES else RECIPE),
        seed=options.seed,
        split=options.split,
        pretrain_epochs=options.pretrain_epochs,
        epochs=options.epochs,
        dtype_policy=options.dtype_policy,
    )


def run(options):
    """Trains and writes the run folder.

    Args:
        options: `argparse.Namespace` of `train.py`.

    Returns:
        Exit status.
    """
    if options.distributed:  # before anything computes
        join(options.coordinator, options.num_processes, options.process_index)
    print_anywhere()
    settings = settings_of(options)
    if options.publish:
        check_publishable(settings)
    out = settings.folder if options.out is None else options.out
    kind = kind_of(settings)
    with kind.run(settings, out, options.data_dir) as training:
        training.start(resume=options.resume)
        if options.publish and training.commit.endswith("+"):
            print(
                "train.py: the publication will name commit "
                f"{training.commit}, but files differ from it",
                file=sys.stderr,
            )
        training.train()
        if process_index() > 0:
            return 0  # the first one writes
        figures = kind.write(training)
        print(json.dumps(figures, indent=2))
        for page in ("report.html", "embedding.png"):
            if (training.out / page).exists():
                print(f"Look at {training.out / page}")
        if options.publish:
            print(kind.publish(training, figures))
    return 0
