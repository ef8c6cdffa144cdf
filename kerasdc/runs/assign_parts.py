"""`python -m kerasdc assign`: clusters of files of any number and size."""

import argparse
import time

from kerasdc.datasets import Parts
from kerasdc.engines.loaded import OUTPUTS
from kerasdc.engines.loaded import model_of
from kerasdc.engines.loaded import outputs_of
from kerasdc.engines.loaded import sample_shape
from kerasdc.utils.files import local_path
from kerasdc.utils.sinks import sink_of
from kerasdc.utils.terminal import explained

_STALE = 24 * 60 * 60  # seconds, after which nobody goes on writing a file


def parse_arguments(arguments):
    """Reads the command line.

    Args:
        arguments: List of strings.

    Returns:
        `argparse.Namespace`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m kerasdc assign",
        description="Assign the rows of .parquet or .npy files to the "
        "clusters of a model: writes a .parquet for each of them. Files that "
        "are already written are left out, so that a job that was killed can "
        "be started again.",
    )
    add = parser.add_argument
    add("--model", required=True, help="published name, or path of a .keras")
    add("--input", required=True, help="folder, or pattern in quotes")
    add("--output", required=True, help="folder, made if it does not exist")
    add("--shard", type=_shard, default=(1, 1), help="such as 3/100")
    add("--columns", help="names, separated by commas (default: all numbers)")
    add("--id-column", help="is copied to the output")
    add("--write", choices=OUTPUTS, default="cluster")
    return parser.parse_args(arguments)


def _shard(text):
    index, count = (int(number) for number in text.split("/"))
    if not 1 <= index <= count:
        raise argparse.ArgumentTypeError(
            f"the first number is from 1 to the second one, not {text}"
        )
    return index, count


def main(arguments):
    """Runs the command line.

    Args:
        arguments: List of strings.

    Returns:
        Exit status: 0, or 2 after an error that the message explains.
    """
    return explained(assign_parts, parse_arguments(arguments))


def assign_parts(options):
    """Assigns all files of a shard that are not assigned yet.

    Args:
        options: `argparse.Namespace` of `parse_arguments`.

    Returns:
        Exit status.
    """
    columns = options.columns and options.columns.split(",")
    parts = Parts(options.input, columns, options.id_column)
    out = local_path("--output", options.output)
    index, count = options.shard
    targets = _targets(parts.paths, out)[index - 1 :: count]
    todo = [(path, t) for path, t in targets if not t.exists()]
    print(f"{len(targets)} files, {len(targets) - len(todo)} already written")
    if not todo:
        return 0
    out.mkdir(parents=True, exist_ok=True)
    model, started, num_rows = model_of(options.model), time.monotonic(), 0
    parts.sample_shape = sample_shape(model)
    for path, target in todo:
        num_rows += _write(model, parts.part(path), target, options)
        rate = num_rows / (time.monotonic() - started)
        print(f"{target}: {num_rows:,} rows, {rate:,.0f} each second")
    return 0


def _targets(paths, out):
    """Pairs of input and output paths."""
    targets = {}
    for path in paths:
        target = out / f"{path.stem}.parquet"
        if target in targets:
            raise ValueError(
                "Files must have different names: their outputs are written "
                f"to one folder. Received: {targets[target]} and {path}"
            )
        targets[target] = path
    return [(path, target) for target, path in targets.items()]


def _write(model, part, target, options):
    """Writes one file; returns how many rows it has."""
    for old in target.parent.glob(f".{target.name}.*.tmp"):
        if time.time() - old.stat().st_mtime > _STALE:
            old.unlink(missing_ok=True)
    num_rows = 0
    with sink_of(target, options.write) as sink:
        for rows, ids in part.with_ids():
            columns = {} if ids is None else {options.id_column: ids}
            sink.write(outputs_of(model, rows, options.write), **columns)
            num_rows += len(rows)
    return num_rows
