"""`python -m kerasdc --data FILE` clusters a file or a folder of images.

`python -m kerasdc assign` assigns files of any size to a model's clusters.
"""

import sys


def main(arguments=None):
    """Runs the command line.

    Args:
        arguments: List of strings; `None` takes the command's own.

    Returns:
        Exit status.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["assign"]:
        from kerasdc.runs import assign_parts

        return assign_parts.main(arguments[1:])
    from kerasdc.runs import own_data

    return own_data.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
