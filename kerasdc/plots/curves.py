"""Curves over the epochs of a training."""

import itertools
from collections.abc import Mapping

import numpy as np

from kerasdc.plots.style import PALETTE
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import plain
from kerasdc.plots.style import styled
from kerasdc.utils.arguments import shown

_LOSS = {"loss": "loss"}
_METRICS = {
    "accuracy": "accuracy",
    "nmi": "NMI",
    "ari": "ARI",
    "label_change": "changed labels",
}
# Columns that are no curves, or are drawn in another panel.
_ASIDE = {"stage", "epoch", "seconds", "smallest_cluster", *_LOSS, *_METRICS}
_FAR_APART = 20  # ratio of scales above which the axis is logarithmic


@styled
def training_curves(log):
    """Loss of each stage; scores and terms of the clustering stage.

    Args:
        log: Iterable of dicts, one per epoch, with `stage`, `epoch` and
            `loss`, and if known `accuracy`, `nmi`, `ari` and
            `label_change`; or what `fit` returns, a Keras `History`, or its
            `history`. Missing values are gaps in the curves. Further
            numbers of the clustering stage, such as the terms of its loss,
            share a panel of their own.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: If `log` is none, or no row of it holds a number to draw.
    """
    rows = log_rows(log)
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
    last = scored[-1] if scored else next(reversed(stages.values()), [])
    terms = _terms(last)
    if panels and terms:
        panels.append(("Also logged, by epoch", last, terms))
    if not panels:
        raise ValueError(
            "`log` must hold at least one number under `loss` or a metric. "
            f"Received: {len(rows)} rows without any"
        )
    width = sum(3.2 + _legend_width(columns) for *_, columns in panels)
    figure = new_figure((width, 2.7))
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, (title, part, columns) in zip(axes, panels):
        _draw_curves(ax, title, part, columns)
        if columns is _METRICS:
            ax.set_ylim(min(0, ax.get_ylim()[0]), 1.02)
        elif columns is not _LOSS:
            _fit_scale(ax)
        if columns is not _LOSS:
            ax.legend(
                loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.5
            )
    return figure


def has_curves(log):
    """Whether `training_curves` finds anything to draw.

    Args:
        log: As `training_curves` takes it.

    Returns:
        A bool.

    Raises:
        ValueError: If `log` is none.
    """
    return bool(_known(log_rows(log), [*_LOSS, *_METRICS]))


def log_rows(log):
    """The rows of a log in any form that `training_curves` takes.

    Args:
        log: What the caller passed.

    Returns:
        List of dicts, one per epoch.

    Raises:
        ValueError: If it has no such form.
    """
    log = getattr(log, "history", log)
    if isinstance(log, Mapping) and all(map(_is_list, log.values())):
        columns = itertools.zip_longest(*log.values())
        return [dict(zip(log, values)) for values in columns]
    rows = list(log) if _is_iterable(log) else [log]
    if all(isinstance(row, Mapping) for row in rows):
        return rows
    raise ValueError(
        "`log` must be dicts, one per epoch, or what `fit` returns. "
        f"Received: log={shown(log)}"
    )


def _is_list(value):
    return isinstance(value, (list, tuple, np.ndarray))


def _is_iterable(log):
    return hasattr(log, "__iter__") and not isinstance(log, Mapping)


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


def _terms(rows):
    """Columns beside the others that hold numbers, with their names."""
    keys = {key: None for row in rows for key in row if key not in _ASIDE}
    named = [key for key in keys if not str(key).startswith("val_")]
    return {
        key: plain(str(key).replace("_", " "), 24)
        for key in _known(rows, named)[: len(PALETTE)]
    }


def _legend_width(columns):
    if columns is _LOSS:
        return 0
    return 0.4 + 0.06 * max(map(len, columns.values()))


def _fit_scale(ax):
    """A logarithmic axis, linear near 0, for curves of different scales."""
    sizes = [np.nanmax(np.abs(line.get_ydata())) for line in ax.lines]
    sizes = [size for size in sizes if size > 0]
    if sizes and max(sizes) > _FAR_APART * min(sizes):
        ax.set_yscale("symlog", linthresh=min(sizes))
        ax.yaxis.set_major_formatter("{x:g}")


def _known(rows, keys):
    """Those keys under which any row has a number."""
    return [
        key
        for key in keys
        if any(np.isfinite(_number(row.get(key))) for row in rows)
    ]


def _number(value, default=np.nan):
    """`value` as a float; `default` if it is not a number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return default
