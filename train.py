"""The door, the command `stratus train` for a checkout.

python train.py task=multiclass
python train.py -m task=binary optimizer.lr=0.01,0.1,1 seed=0,1,2
"""

import sys

from stratus.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
