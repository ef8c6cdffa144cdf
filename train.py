"""Trains, evaluates, reports, exports: `python train.py --help`."""

import argparse
import contextlib
import importlib
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
            command = importlib.import_module("kerasdc.runs.command")
            if options.list:
                return command.print_list()
            return command.run(options)
    except KeyboardInterrupt as stop:
        return explain_stop(stop, arguments)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
