"""`python -m kerasdc.zoo` writes every generated README anew."""

import sys

from kerasdc.zoo.readmes import write_readmes


def main():
    """Writes the zoo's README, its cards and index, the README beside it."""
    for path in write_readmes():
        print(path)


if __name__ == "__main__":
    sys.exit(main())
