"""Trains, evaluates, reports, exports: `python train.py --help`."""

import argparse
import contextlib
import importlib
import json
import os
import shlex
import signal
import sys
import threading

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERASDC_QUIET_START", "1")


def parse_arguments(arguments):
    """Reads the command line.

    Args:
        arguments: List of strings.

    Returns:
        `argparse.Namespace`.
    """
    parser = argparse.ArgumentParser(
        description="Train a deep clustering model by a recipe. Without "
        "arguments: DEC on the digits that scikit-learn ships.",
    )
    add = parser.add_argument
    add("--model", default="dec", help="system or baseline, such as dec")
    add("--dataset", default="digits", help="data set, such as mnist")
    add("--recipe", help="best (the default), paper, ...: see --list")
    add("--seed", type=int, default=0)
    add("--out", help="run folder (default: runs/<what is run>)")
    add("--data-dir", help="folder of data sets already downloaded")
    add(
        "--split",
        choices=("all", "test"),
        default="all",
        help="all: train on and score all data, as the papers do; "
        "test: train on the training part, score the test part",
    )
    add("--pretrain-epochs", type=int, help="replaces that of the recipe")
    add("--epochs", type=int, help="update intervals, likewise")
    policy = "Keras dtype policy of the training, such as mixed_bfloat16"
    add("--dtype-policy", help=policy + "; the saved model is float32")
    add("--resume", action="store_true", help="go on with a stopped run")
    add(
        "--publish",
        action="store_true",
        help="add the figures to the zoo; the model, if its objective is least",
    )
    add(
        "--distributed",
        action="store_true",
        help="one of several processes, on JAX: see docs/large-data.md",
    )
    add("--coordinator", help="of those: address and port of the first")
    add("--num-processes", type=int)
    add("--process-index", type=int, help="from 0")
    add("--data", help="your own file or folder: see --data x --help")
    add("--list", action="store_true", help="list recipes and figures")
    return parser.parse_args(arguments)


def print_list():
    """Prints every recipe and baseline, and what the zoo has published.

    Returns:
        Exit status.
    """
    from kerasdc import zoo
    from kerasdc.baselines import list_baselines
    from kerasdc.recipes import list_recipes
    from kerasdc.utils.terminal import print_anywhere

    print_anywhere()
    print("Recipes (--model, --dataset, --recipe):")
    for system, dataset, recipe in list_recipes():
        print(f"  {system:10} {dataset:15} {recipe}")
    print("\nBaselines (--model), for every data set that they take:")
    print(f"  {', '.join(list_baselines())}")
    print("\nPublished models (kerasdc.load):")
    for name in zoo.list_models():
        print(f"  {name}")
    print("\n" + zoo.results_table())
    return 0


class Stopped(KeyboardInterrupt):
    """A signal that asks the process to end; its number is the argument."""


@contextlib.contextmanager
def stoppable():
    """In this context, the signals that end a process raise `Stopped`."""
    names = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    if threading.current_thread() is not threading.main_thread():
        names = ()  # which alone may handle signals
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number, frame):
    raise Stopped(number)


def explain_stop(stop, arguments):
    """Prints how to go on after a signal.

    Args:
        stop: `KeyboardInterrupt`.
        arguments: List of strings of the command line.

    Returns:
        Exit status, 128 and the signal's number, as a shell has it.
    """
    number = stop.args[0] if isinstance(stop, Stopped) else signal.SIGINT
    text = f"train.py: stopped by {signal.Signals(number).name}."
    if "--list" not in arguments:
        words = [word for word in arguments if word != "--resume"]
        command = shlex.join(["python", "train.py", *words, "--resume"])
        text += f" Every finished epoch is saved; to go on: {command}"
    print(flush=True)  # after a progress bar
    print(text, file=sys.stderr)
    return 128 + number


def main(arguments=None):
    """Runs the command line.

    Args:
        arguments: List of strings; `None` takes the command's own.

    Returns:
        Exit status: 0; 2 after an error that the message explains; 130 after
        Ctrl-C and 143 after SIGTERM.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if any(word.split("=")[0] == "--data" for word in arguments):
        return importlib.import_module("kerasdc.__main__").main(arguments)
    options = parse_arguments(arguments)
    if options.distributed:
        os.environ.setdefault("KERAS_BACKEND", "jax")
    try:
        with stoppable():
            return print_list() if options.list else run(options)
    except KeyboardInterrupt as stop:
        return explain_stop(stop, arguments)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2


def settings_of(options):
    """The settings of a run.

    Args:
        options: `argparse.Namespace` of `parse_arguments`.

    Returns:
        `kerasdc.runs.settings.Settings`.

    Raises:
        ValueError: If there is no such system or baseline, or a number is
            out of its range.
    """
    from kerasdc.baselines import list_baselines
    from kerasdc.baselines.known_baselines import RECIPE
    from kerasdc.recipes import RECIPES
    from kerasdc.runs.settings import Settings
    from kerasdc.utils.arguments import checked_name

    known = [*RECIPES, *list_baselines()]
    system = checked_name("model", options.model, known, "system or baseline")
    return Settings(
        system=system,
        dataset=options.dataset,
        recipe=options.recipe or ("best" if system in RECIPES else RECIPE),
        seed=options.seed,
        split=options.split,
        pretrain_epochs=options.pretrain_epochs,
        epochs=options.epochs,
        dtype_policy=options.dtype_policy,
    )


def join_others(options):
    """Joins the processes that train together.

    Args:
        options: `argparse.Namespace` of `parse_arguments`.

    Raises:
        RuntimeError, ValueError: As `kerasdc.runs.distributed.join`.
    """
    from kerasdc.runs.distributed import join

    join(options.coordinator, options.num_processes, options.process_index)


def run(options):
    """Trains and writes the run folder.

    Args:
        options: `argparse.Namespace` of `parse_arguments`.

    Returns:
        Exit status.
    """
    if options.distributed:  # before anything computes
        join_others(options)
    from kerasdc.runs.kinds import kind_of
    from kerasdc.runs.publication import check_publishable
    from kerasdc.utils.processes import process_index
    from kerasdc.utils.terminal import print_anywhere

    print_anywhere()
    settings = settings_of(options)
    if options.publish:
        check_publishable(settings)
    out = settings.folder if options.out is None else options.out
    kind = kind_of(settings)
    with kind.run(settings, out, options.data_dir) as training:
        training.start(resume=options.resume)
        if options.publish and training.commit.endswith("+"):
            print(
                "train.py: the publication will name commit "
                f"{training.commit}, but files differ from it",
                file=sys.stderr,
            )
        training.train()
        if process_index() > 0:
            return 0  # the first one writes
        figures = kind.write(training)
        print(json.dumps(figures, indent=2))
        for page in ("report.html", "embedding.png"):
            if (training.out / page).exists():
                print(f"Look at {training.out / page}")
        if options.publish:
            print(kind.publish(training, figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
