"""`python -m kerasdc.zoo` writes all generated texts of the zoo."""

import sys

from kerasdc.zoo.readmes import write_readmes


def main():
    """Writes the zoo's README, cards and index, and the table of README.md."""
    for path in write_readmes():
        print(path)


if __name__ == "__main__":
    sys.exit(main())
