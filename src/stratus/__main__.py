"""`python -m stratus`, the command `stratus`."""

import sys

from stratus.cli import main

if __name__ == "__main__":
    __spec__ = None  # further processes, as trainer=ddp has, are then started as train.py, as those of the command are
    sys.exit(main())
