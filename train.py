"""The door, the command `stratus train` for a checkout.

python train.py task=multiclass
python train.py -m task=binary optimizer.lr=0.01,0.1,1 seed=0,1,2
"""

import sys

if __name__ == "__main__":
    try:
        from stratus.cli import main
    except ImportError:  # `main` says what else is missing
        install = "activate the environment that has it, or make one of Python 3.11 to 3.13 and in it pip install -e ."
        sys.exit("Stratus is not installed for %s: %s" % (sys.executable, install))  # noqa: UP031 - for old Pythons too
    main(["train", *sys.argv[1:]])
