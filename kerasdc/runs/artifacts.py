"""The files of a finished run: figures, model, report, SavedModel."""

import io
import math
from dataclasses import asdict

import keras
import numpy as np

from kerasdc import plots
from kerasdc.exports import export_saved_model
from kerasdc.models import ClusteringModel
from kerasdc.report import Outputs
from kerasdc.report import write_report
from kerasdc.runs.stage_log import read_log
from kerasdc.runs.stage_log import seconds_in
from kerasdc.utils.files import replace
from kerasdc.utils.files import write_csv
from kerasdc.utils.files import write_json
from kerasdc.zoo.verifying import scores


def evaluate_run(run):
    """Scores the model of the last epoch against the labels.

    Args:
        run: A trained `kerasdc.runs.run.Run`.

    Returns:
        Dictionary: the run's row of `results.csv`. `objective` is that of
        the model for the scored samples; it needs no labels.
    """
    settings = run.settings
    held_out = settings.split == "test"
    reference = Outputs(run.model, run.x, run.y) if held_out else None
    return run.row(
        **scores(run.outputs, reference),
        objective=_objective(run.outputs),
        seconds=round(seconds_in(run.out / "log.csv"), 1),
        backend=settings.computed_by,
    )


def write_results(run):
    """Writes figures, model, outputs, report and SavedModel of a run.

    The outputs are assignments or, of a system without clusters, the
    embedding, with a picture of it.

    Args:
        run: A trained `kerasdc.runs.run.Run`.

    Returns:
        Dictionary of figures, as `evaluate_run`.
    """
    figures = evaluate_run(run)
    write_json(run.out / "metrics.json", _without_nan(figures))
    _save_model(run)
    if isinstance(run.model, ClusteringModel):
        _write_assignments(run)
    else:
        _write_embedding(run)
    _write_report(run, figures)
    if keras.backend.backend() != "tensorflow":
        print(
            "No SavedModel is written, which takes TensorFlow: with "
            "KERAS_BACKEND=tensorflow, `kerasdc.export` makes one of "
            f"{run.out / 'model.keras'}."
        )
    elif not (run.out / "serving" / "1").exists():
        export_saved_model(run.model, run.out / "serving", version=1)
    return figures


def embedding_picture(run):
    """A picture of the embedding of the samples that are scored.

    Args:
        run: A trained `kerasdc.runs.run.Run`.

    Returns:
        matplotlib `Figure`.
    """
    indices, points = run.outputs.plane
    return plots.embedding(points, run.y_scored[indices], run.settings.dataset)


def _save_model(run):
    """Atomically, as all other files."""
    partial = run.out / "partial.keras"
    run.model.save(partial, overwrite=True)
    partial.replace(run.out / "model.keras")


def _objective(outputs):
    if not isinstance(outputs.model, ClusteringModel):
        return outputs.model.objective(outputs.x)
    return outputs.model.objective(
        outputs.x, soft_assignment=outputs.soft_assignment
    )


def _without_nan(figures):
    """Figures with `None` for those that are not finite."""
    return {
        name: None if isinstance(f, float) and not math.isfinite(f) else f
        for name, f in figures.items()
    }


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
        outputs=run.outputs,
    )


def _write_embedding(run):
    buffer = io.BytesIO()
    np.save(buffer, run.outputs.embedding)
    replace(run.out / "embedding.npy", buffer.getvalue())
    replace(run.out / "embedding.png", plots.png(embedding_picture(run)))


def _write_assignments(run):
    columns = ("index", "cluster", "confidence")
    found = zip(run.outputs.assignments, run.outputs.confidences)
    rows = [
        dict(zip(columns, (i, cluster, f"{confidence:.6f}")))
        for i, (cluster, confidence) in enumerate(found)
    ]
    write_csv(run.out / "assignments.csv", columns, rows)
