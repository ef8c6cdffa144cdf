"""Curves over the epochs of a training."""

import numpy as np

from kerasdc.plots.style import PALETTE
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import plain
from kerasdc.plots.style import styled

_LOSS = {"loss": "loss"}
_METRICS = {
    "accuracy": "accuracy",
    "nmi": "NMI",
    "ari": "ARI",
    "label_change": "changed labels",
}


@styled
def training_curves(log):
    """Loss of each stage, and the scores of the clustering stage.

    Args:
        log: Iterable of dicts, one per epoch, with `stage`, `epoch` and
            `loss`, and where known `accuracy`, `nmi`, `ari` and
            `label_change`. Missing values are gaps in the curves.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If no row of `log` holds a number to draw.
    """
    rows = list(log)
    stages = {}
    for row in rows:
        stages.setdefault(str(row.get("stage", "training")), []).append(row)
    panels = [
        (f"Loss: {stage}", part, _LOSS)
        for stage, part in stages.items()
        if _known(part, _LOSS)
    ]
    scored = [part for part in stages.values() if _known(part, _METRICS)]
    if scored:
        panels.append(("Clustering, by epoch", scored[-1], _METRICS))
    if not panels:
        raise ValueError(
            "`log` must hold at least one number under `loss` or a metric. "
            f"Received: {len(rows)} rows without"
        )
    figure = new_figure((3.2 * len(panels) + (1.2 if scored else 0), 2.7))
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, panel in zip(axes, panels):
        _draw_curves(ax, *panel)
    if scored:
        axes[-1].set_ylim(min(0, axes[-1].get_ylim()[0]), 1.02)
        axes[-1].legend(
            loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.5
        )
    return figure


def has_curves(log):
    """Whether `training_curves` finds anything to draw.

    Args:
        log: List of dicts, as `training_curves` takes them.

    Returns:
        A bool.
    """
    return bool(_known(log, [*_LOSS, *_METRICS]))


def _draw_curves(ax, title, rows, columns):
    epochs = [_number(row.get("epoch"), i) for i, row in enumerate(rows)]
    for key in _known(rows, columns):
        ax.plot(
            epochs,
            [_number(row.get(key)) for row in rows],
            color=PALETTE[list(columns).index(key)],
            linestyle="--" if key == "label_change" else "-",
            linewidth=1.5,
            marker="o" if len(rows) <= 25 else None,
            markersize=3,
            label=columns[key],
        )
    ax.set_title(plain(title, 40))
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    ax.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    ax.set_axisbelow(True)


def _known(rows, keys):
    """Those keys under which any row has a number."""
    return [
        key
        for key in keys
        if any(np.isfinite(_number(row.get(key))) for row in rows)
    ]


def _number(value, default=np.nan):
    """`value` as a float; what a table left empty is `default`."""
    return default if value in (None, "") else float(value)
