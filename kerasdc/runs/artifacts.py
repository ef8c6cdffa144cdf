"""What a finished run leaves behind: figures, model, report, export."""

import math
from dataclasses import asdict

import keras
import numpy as np

from kerasdc import plots
from kerasdc.runs.backup import read_log
from kerasdc.export import export_saved_model
from kerasdc.utils.files import replace
from kerasdc.utils.files import write_csv
from kerasdc.utils.files import write_json
from kerasdc.models import ClusteringModel
from kerasdc.report import write_report
from kerasdc.zoo.results import COLUMNS
from kerasdc.zoo.verifying import scores


def evaluate_run(run):
    """Scores the last epoch against the labels, for the report only.

    Args:
        run: A trained `kerasdc.runs.run.Run`.

    Returns:
        Dictionary: the run's row of `results.csv`. `objective` is the
        model's own over the samples scored, which needs no labels.
    """
    settings = run.settings
    held_out = settings.split == "test"
    reference = (run.x, run.y) if held_out else ()
    return {
        **dict.fromkeys(COLUMNS),
        "system": settings.system,
        "dataset": settings.dataset,
        "recipe": settings.recipe,
        "seed": settings.seed,
        "split": settings.split,
        "num_samples": len(run.x_scored),
        **scores(run.model, run.x_scored, run.y_scored, *reference),
        "objective": run.model.objective(run.x_scored),
        "seconds": _seconds(run),
        "backend": "/".join(
            filter(None, [keras.backend.backend(), settings.dtype_policy])
        ),
        "commit": run.commit,
    }


def write_results(run):
    """Fills the run folder: figures, model, outputs, report, export.

    The outputs are assignments or, of a system without clusters, the
    embedding, with a picture of it.

    Args:
        run: A trained `kerasdc.runs.run.Run`.

    Returns:
        Dictionary of figures, as `evaluate_run`.
    """
    figures = evaluate_run(run)
    write_json(run.out / "metrics.json", _without_nan(figures))
    run.model.save(run.out / "model.keras")
    if isinstance(run.model, ClusteringModel):
        _write_assignments(run)
    else:
        _write_embedding(run)
    _write_report(run, figures)
    if not (run.out / "serving" / "1").exists():
        export_saved_model(run.model, run.out / "serving", version=1)
    return figures


def _without_nan(figures):
    """What a training that diverged has no figure for, becomes `None`."""
    return {
        name: None if isinstance(f, float) and not math.isfinite(f) else f
        for name, f in figures.items()
    }


def embedding_picture(run, z):
    """A picture of an embedding, or of what can be drawn of it.

    Args:
        run: A trained `kerasdc.runs.run.Run`.
        z: Array `(n, d)`, the embedding of the samples that are scored.

    Returns:
        matplotlib `Figure`.
    """
    indices, points = plots.two_dimensional(z)
    return plots.embedding(points, run.y_scored[indices], run.settings.dataset)


def _write_report(run, figures):
    write_report(
        run.out / "report.html",
        run.model,
        run.x_scored,
        run.y_scored,
        log=read_log(run.out / "log.csv"),
        config={
            **asdict(run.settings),
            "command": run.settings.command,
            "values": run.recipe,
        },
        metrics={k: v for k, v in figures.items() if v is not None},
    )


def _write_embedding(run):
    z = run.model.embed(run.x_scored)
    np.save(run.out / "embedding.npy", z)
    replace(run.out / "embedding.png", plots.png(embedding_picture(run, z)))


def _seconds(run):
    log = read_log(run.out / "log.csv")
    return round(sum(float(row["seconds"]) for row in log), 1)


def _write_assignments(run):
    q = run.model.predict(run.x_scored, batch_size=1024, verbose=0)
    rows = [
        {"index": i, "cluster": r.argmax(), "confidence": f"{r.max():.6f}"}
        for i, r in enumerate(q)
    ]
    columns = ("index", "cluster", "confidence")
    write_csv(run.out / "assignments.csv", columns, rows)
