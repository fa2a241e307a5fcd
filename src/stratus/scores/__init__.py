"""How good a forecast is: pure functions over arrays, torchmetrics as thin shells over them, the block bootstrap."""
