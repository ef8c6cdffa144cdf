"""Scores of numbers of clusters."""

import numpy as np

from kerasdc.plots.style import PALETTE
from kerasdc.plots.style import new_figure
from kerasdc.plots.style import styled


@styled
def selection_curve(scores, deviations, best):
    """Scores against numbers of clusters, with their uncertainty.

    Args:
        scores: Dictionary: number of clusters to score.
        deviations: Dictionary: number of clusters to standard deviation.
        best: Integer, the number that is suggested.

    Returns:
        A matplotlib `Figure`.
    """
    numbers = sorted(scores)
    mean = np.array([scores[number] for number in numbers])
    spread = np.array([deviations[number] for number in numbers])
    figure = new_figure((6, 2.8))
    ax = figure.subplots()
    ax.fill_between(
        numbers, mean - spread, mean + spread, color=PALETTE[5], alpha=0.3
    )
    ax.plot(numbers, mean, color=PALETTE[0], marker=".")
    ax.axvline(best, color=PALETTE[3], linewidth=1)
    ax.set_xscale("log")
    shown = [n for n in (2, 5, 10, 20, 50, 100, 200) if n <= numbers[-1]]
    ticks = sorted({best, *(n for n in shown if abs(np.log(n / best)) > 0.2)})
    ax.set_xticks(ticks, [str(number) for number in ticks])
    ax.minorticks_off()
    ax.set_xlabel("number of clusters")
    ax.set_ylabel("pooled silhouette")
    return figure
