"""`python -m kerasdc --data FILE` clusters a file or a folder of images."""

import sys

from kerasdc.runs.own_data import main

if __name__ == "__main__":
    sys.exit(main())
