"""`python -m kerasdc.zoo` writes all generated texts of the zoo.

`python -m kerasdc.zoo gallery FOLDER` writes a page of all models.
"""

import argparse
import sys

from kerasdc.zoo.readmes import write_readmes


def main(arguments=None):
    """Runs one of the commands.

    Args:
        arguments: Optional list of strings; `None` takes the command line's.
    """
    parser = argparse.ArgumentParser("python -m kerasdc.zoo")
    commands = parser.add_subparsers(dest="command")
    gallery = commands.add_parser("gallery", help="a static page of all models")
    gallery.add_argument("folder", help="where to write index.html")
    gallery.add_argument(
        "--runtime",
        help="folder `dist` of the npm package onnxruntime-web, to try models",
    )
    gallery.add_argument("--models", nargs="+", help="only these")
    options = parser.parse_args(arguments)
    if options.command == "gallery":
        from kerasdc.zoo.gallery import write_gallery

        print(write_gallery(options.folder, options.runtime, options.models))
        return
    # The zoo's README, cards and index, and tables of the project's pages.
    for path in write_readmes():
        print(path)


if __name__ == "__main__":
    sys.exit(main())
