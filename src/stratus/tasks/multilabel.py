"""Multi-label classification: one sigmoid a label, P(rain at station j) = σ(Wx + b)_j."""

from stratus.tasks.binary import BinaryClassification


class MultilabelClassification(BinaryClassification):
    """P(label j) = σ(Wx + b)_j: a binary model for each label, their losses summed, since -log P(y | x) is their sum.

    Each label has a Hessian, a largest stable step and an optimum of its own.
    """
