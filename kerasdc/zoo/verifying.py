"""`verify`: compares an entry with its metadata."""

from kerasdc.models import ClusteringModel
from kerasdc.report import Outputs
from kerasdc.zoo import golden
from kerasdc.zoo import results
from kerasdc.zoo.loading import build
from kerasdc.zoo.loading import checked_entry

_TOLERANCE = 1e-3  # of a score: near ties may fall differently


def verify(name, zoo_dir=None, data_dir=None, figures=True):
    """Checks files, outputs and figures of an entry.

    All hashes are compared. The golden outputs are computed again, by the
    model that `load` returns and by the SavedModel, as are samples that both
    generate. The figures are computed again if the data set is on this
    machine.

    Args:
        name: Name of an entry.
        zoo_dir: Folder or base URL of a zoo, or `None` for the one in use.
        data_dir: Folder where the data set is looked for first.
        figures: Boolean. Whether to compute the figures.

    Returns:
        Dict with `num_files`; `difference`, the largest one of the outputs
        relative to their scale; and `figures`, the dict of `scores`, or
        `None` where they were not computed.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If anything differs from what was published.
    """
    folder, metadata = checked_entry(name, zoo_dir)
    model = build(folder, metadata)
    return {
        "num_files": len(metadata["files"]),
        "difference": golden.check_model(model, folder),
        "figures": _figures(model, metadata, data_dir) if figures else None,
    }


def scores(outputs, reference=None):
    """All scores of a model: of its clusters or, without any, its embedding.

    Args:
        outputs: `kerasdc.report.Outputs` of a trained model, with classes.
        reference: Optional `Outputs` of the samples of the training, where
            those to score were held out: the nearest neighbor of an embedded
            sample is looked for among them.

    Returns:
        Dict of floats.
    """
    from kerasdc import metrics

    if isinstance(outputs.model, ClusteringModel):
        return metrics.evaluate(outputs.y, outputs.assignments)
    return metrics.embedding_scores(
        outputs.embedding,
        outputs.y,
        None if reference is None else reference.embedding,
        None if reference is None else reference.y,
        outputs.model.as_inputs(outputs.x),
    )


def _figures(model, metadata, data_dir):
    data = local_dataset(metadata["dataset"]["name"], data_dir)
    if data is None or metadata["figures"] is None:
        return None
    if data.sha256 != metadata["dataset"]["sha256"]:
        raise ValueError(
            "The data set is not the one of the publication. Expected "
            f"SHA-256 {metadata['dataset']['sha256']}. "
            f"Received: sha256={data.sha256}"
        )
    if metadata["split"] == "test":
        outputs = Outputs(model, data.x_test, data.y_test)
        found = scores(outputs, Outputs(model, data.x_train, data.y_train))
    else:
        found = scores(Outputs(model, data.x, data.y))
    for score in results.scores_of(metadata):
        published = metadata["figures"][score]
        if abs(found[score] - published) > _TOLERANCE:
            raise ValueError(
                f"The published {score} is {published}. "
                f"Received: {score}={found[score]:.5f}"
            )
    return found


def local_dataset(name, data_dir=None):
    """The data set if it needs no download, else `None`.

    Args:
        name: Name of a data set.
        data_dir: Folder where it is looked for first.

    Returns:
        `kerasdc.datasets.Dataset` or `None`.
    """
    from kerasdc import datasets
    from kerasdc.datasets.catalogue import ENTRIES
    from kerasdc.datasets.store import folders

    if name not in ENTRIES:
        return None
    file = ENTRIES[name].file
    if file and not any((f / file).is_file() for f in folders(data_dir)):
        return None
    return datasets.load(name, data_dir)
