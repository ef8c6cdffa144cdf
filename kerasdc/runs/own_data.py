"""Clusters of a user's file or folder, from the command line."""

import argparse
import dataclasses
import json
import pathlib

from kerasdc.automatic import cluster
from kerasdc.datasets import read_source
from kerasdc.exports import export_saved_model
from kerasdc.metrics import evaluate
from kerasdc.report.clustering_report import write_clustering_report
from kerasdc.utils.files import local_path
from kerasdc.utils.files import write_json
from kerasdc.utils.terminal import explained


def parse_arguments(arguments):
    """Reads the command line.

    Args:
        arguments: List of strings.

    Returns:
        `argparse.Namespace`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m kerasdc",
        description="Cluster a file or a folder of images: writes the "
        "clusters, a report and a model that can be served.",
    )
    add = parser.add_argument
    add(
        "--data",
        required=True,
        help=".csv .tsv .parquet .jsonl .npy .npz .txt, or a folder of images",
    )
    add(
        "--clusters",
        type=_number_of_clusters,
        default=None,
        help="how many; auto (the default) suggests a number",
    )
    add("--label-column", help="classes, for evaluation only")
    add("--id-column", help="what rows are called in the output")
    add("--text-column", help="cluster the texts of this column")
    add(
        "--impute",
        choices=("mean", "median"),
        help="fill in missing numbers; without it they are an error",
    )
    add("--image-size", type=int, help="side to which images are scaled")
    add("--minutes", type=float, help="end about then, a little less good")
    add("--min-certainty", type=float, default=0.0, help="below: outliers")
    add("--seed", type=int, default=0)
    add("--out", help="folder, not existing yet (default: runs/<data>)")
    return parser.parse_args(arguments)


def _number_of_clusters(text):
    return None if text == "auto" else int(text)


def main(arguments=None):
    """Runs the command line.

    Args:
        arguments: List of strings; `None` takes the command's own.

    Returns:
        Exit status: 0, or 2 after an error that the message explains.
    """
    return explained(cluster_file, parse_arguments(arguments))


def cluster_file(options):
    """Reads, clusters and writes.

    Args:
        options: `argparse.Namespace` of `parse_arguments`.

    Returns:
        Exit status.
    """
    name = pathlib.Path(options.data).stem
    out = local_path("--out", options.out or pathlib.Path("runs", name))
    if out.exists():
        raise ValueError(
            f"The folder {out} already exists: choose another one by --out, "
            "or remove it."
        )
    source = read_source(
        options.data,
        label_column=options.label_column,
        id_column=options.id_column,
        text_column=options.text_column,
        impute=options.impute,
        image_size=options.image_size,
    )
    result = cluster(
        source.x,
        options.clusters,
        max_minutes=options.minutes,
        min_certainty=options.min_certainty,
        ids=source.ids,
        seed=options.seed,
    )
    print(result)
    out.mkdir(parents=True)
    _write(out, result, source, name)
    print(f"Look at {out / 'report.html'}")
    return 0


def _write(out, result, source, name):
    summary = result.summary
    summary.to_csv(out / "assignments.csv")
    settings = dataclasses.asdict(result.choices)
    settings["num_clusters"] = result.model.num_clusters
    settings["modularity"] = result.scores
    if source.labels is not None:
        found = evaluate(source.labels, summary.most_probable)
        settings["labels"] = found
        print(json.dumps(found, indent=2))
    write_json(out / "settings.json", settings)
    result.model.save(out / "model.keras")
    export_saved_model(result.model, out / "serving", version=1)
    write_clustering_report(out / "report.html", result, source.labels, name)
