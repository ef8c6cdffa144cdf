"""The section of a model that generates samples."""

import numpy as np

from kerasdc import plots
from kerasdc.report.pieces import image
from kerasdc.report.pieces import section
from kerasdc.utils.inputs import evenly_spaced

_NUM_DRAWN = 10


def generated(outputs):
    """Samples that a model generates, beside real images.

    Args:
        outputs: `Outputs` of a model of clusters.

    Returns:
        HTML; empty for data that are not images, or a model without
        `generate`.
    """
    model, x, assignments = outputs.model, outputs.x, outputs.assignments
    if not hasattr(model, "generate") or not plots.is_images(x):
        return ""
    clusters = range(model.num_clusters)
    # Evenly spread over the data, not the best of it.
    members = [np.flatnonzero(assignments == cluster) for cluster in clusters]
    real = [x[evenly_spaced(m, _NUM_DRAWN)] for m in members]
    made = [
        model.generate(_NUM_DRAWN, cluster, seed=cluster)
        for cluster in clusters
    ]
    body = image(
        plots.generated_samples(real, made),
        "Images of every cluster, and images generated from it.",
        "Left: samples of the data, evenly spaced. Right: samples drawn from "
        "the cluster, not selected.",
    )
    if hasattr(model, "codes"):
        body += _along_codes(model)
    else:
        body += _between_clusters(model, x, members)
    return section("What the model generates", body)


def _between_clusters(model, x, members):
    starts = [m[0] for m in members if len(m)]
    ends = starts[1:] + starts[:1]
    way = model.interpolate(x[starts], x[ends], steps=2 * _NUM_DRAWN)
    return image(
        plots.interpolations(way),
        "Images between a sample of one cluster and one of the next.",
        "Along a straight line in the latent space.",
    )


def _along_codes(model):
    """A grid for each continuous code: clusters by its values."""
    clusters = range(model.num_clusters)
    body = ""
    for code in range(model.codes.num_codes):
        rows = [
            model.interpolate(cluster, code, _NUM_DRAWN, seed=0)
            for cluster in clusters
        ]
        body += image(
            plots.code_grid(np.stack(rows)),
            f"Images of every cluster along code {code}.",
            f"A row for each cluster: code {code} goes from -1 to 1, noise "
            "and other codes stay.",
        )
    return body
