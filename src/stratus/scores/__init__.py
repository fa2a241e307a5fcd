"""How good a forecast is: pure functions over arrays, and the block bootstrap."""
