"""`python -m kerasdc.zoo` writes every generated README anew."""

import sys

from kerasdc.zoo.card import BEGIN
from kerasdc.zoo.card import update_readme
from kerasdc.zoo.card import write_zoo_readme
from kerasdc.zoo.location import local_folder


def main():
    """Writes the zoo's README, its cards and index, the README beside it."""
    print(write_zoo_readme())
    readme = local_folder().parent / "README.md"
    if readme.is_file() and BEGIN in readme.read_text(encoding="utf-8"):
        update_readme(readme)
        print(readme)


if __name__ == "__main__":
    sys.exit(main())
