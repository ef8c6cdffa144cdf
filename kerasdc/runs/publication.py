"""Publishes a run in the zoo: its row, and its model if it is chosen."""

import numpy as np

from kerasdc import datasets
from kerasdc import plots
from kerasdc import zoo
from kerasdc.datasets.catalogue import ENTRIES
from kerasdc.metrics import auroc
from kerasdc.models import ClusteringModel
from kerasdc.recipes import OBJECTIVES
from kerasdc.recipes import PUBLISHED
from kerasdc.recipes import PUBLISHED_SPLITS
from kerasdc.recipes import without_prose
from kerasdc.runs.artifacts import embedding_picture
from kerasdc.utils.files import recover


def check_publishable(settings):
    """Checks, before training, whether a run may be published.

    Args:
        settings: `kerasdc.runs.settings.Settings`.

    Raises:
        ValueError: If the number of epochs is not the recipe's and the zoo
            is the published one; or if the zoo is an address.
    """
    folder = zoo.location.local_folder()
    is_published = folder.resolve() == zoo.trust.folder_beside_package()
    changed = {
        "--epochs": settings.epochs,
        "--pretrain-epochs": settings.pretrain_epochs,
    }
    changed = [f"{k} {v}" for k, v in changed.items() if v is not None]
    if changed and is_published:
        raise ValueError(
            "`--publish` needs the recipe's own number of epochs: it replaces "
            "the row of the same seed. To publish to another zoo, set the "
            "environment variable KERASDC_ZOO to its folder. "
            f"Received: {', '.join(changed)}"
        )


def publish_run(run, figures):
    """Adds a run to the zoo's results, and its model if it is the choice.

    Of all seeds of the recipe `best`, trained on the split that the system's
    models are published for, the zoo keeps the model with the lowest
    objective, which needs no labels. A model of an older version of the
    recipe is always replaced, and so is one with empty clusters: some
    objectives, such as KL(P || Q), are lowest if all samples are alike. Of
    data whose samples are not public, no model is kept.

    Args:
        run: A trained `kerasdc.runs.run.Run`.
        figures: Its row, as `evaluate_run` gives it.

    Returns:
        String that describes what was done.
    """
    settings = run.settings
    name = f"{settings.system}_{settings.dataset}"
    with zoo.locked():
        # A killed publication may have moved the entry away.
        recover(zoo.location.local_folder() / name)
        chosen = _is_choice(run, figures, name)
        if chosen:
            _publish_model(run, figures, name)
        else:
            zoo.add_results([figures])
            zoo.write_readmes()
    if chosen:
        return f"Published {name} of seed {settings.seed}."
    return f"Added to the results; the zoo's {name} is not changed."


def _is_choice(run, figures, name):
    settings = run.settings
    known = ENTRIES.get(settings.dataset)
    if known is not None and not known.samples_public:
        return False
    (row,) = zoo.merge([], [figures])
    has_parts = run.data.x_test is not None
    split = PUBLISHED_SPLITS[settings.system] if has_parts else "all"
    candidate = (settings.recipe, settings.split) == ("best", split)
    if not candidate or row["objective"] is None:
        return False
    if name not in zoo.list_models():
        return True
    there = zoo.entry.read_metadata(zoo.location.entry_folder(name))
    if there.get("hyperparameters") != without_prose(run.recipe):
        return True
    num_empty = _num_empty_clusters(run)
    if num_empty or there.get("empty_clusters"):
        return not num_empty
    lowest = (there["figures"] or {}).get("objective")
    return lowest is None or row["objective"] <= lowest


def _num_empty_clusters(run):
    if not isinstance(run.model, ClusteringModel):
        return 0
    return run.outputs.num_empty_clusters


def _publish_model(run, figures, name):
    settings = run.settings
    zoo.publish(
        run.model,
        name,
        _golden_samples(run.x_scored),
        {
            "recipe": settings.recipe,
            "seed": settings.seed,
            "commit": figures["commit"],
            "command": settings.command,
            "dataset": {"name": settings.dataset, "sha256": run.data.sha256},
            "selection": (
                f"of all seeds, the lowest {OBJECTIVES[settings.system]}; "
                "no labels"
            ),
            "split": settings.split,
            "backend": figures["backend"],
            "hyperparameters": without_prose(run.recipe),
            "paper": PUBLISHED.get((settings.system, settings.dataset), {}),
            "deviations": run.recipe["deviations"],
            **_outliers(run),
            **_empty_clusters(run),
        },
        rows=[figures],
        preview=_preview(run),
        overwrite=True,
    )


def _outliers(run, num_samples=1000):
    """AUROC of `log_prob`, of the data against outliers."""
    if not hasattr(run.model, "log_prob") or run.x_scored.dtype == object:
        return {}
    x = run.x_scored[:: max(len(run.x_scored) // num_samples, 1)]
    generator = np.random.default_rng(0)
    others = {"uniform noise": generator.uniform(x.min(), x.max(), x.shape)}
    if x.shape[1:] == (28, 28) and run.settings.dataset != "fashion_mnist":
        fashion = datasets.load("fashion_mnist", run.data_dir).x_test
        others["fashion_mnist"] = fashion[:num_samples]
    known = run.model.log_prob(x)
    return {
        "outliers": {
            name: round(auroc(known, run.model.log_prob(other)), 4)
            for name, other in others.items()
        }
    }


def _empty_clusters(run):
    num_empty = _num_empty_clusters(run)
    return {"empty_clusters": num_empty} if num_empty else {}


def _golden_samples(x, num_samples=16):
    return x[:: max(len(x) // num_samples, 1)][:num_samples]


def _preview(run):
    outputs = run.outputs
    if isinstance(run.model, ClusteringModel):
        picture = plots.preview(
            outputs.x,
            outputs.assignments,
            outputs.confidences,
            outputs.embedding,
            outputs.y,
            plane=outputs.plane,
        )
    else:
        picture = embedding_picture(run)
    return plots.png(picture, num_colors=256)
