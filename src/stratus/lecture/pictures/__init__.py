"""The pictures of single lessons, a module each: arrays in, a matplotlib Figure out."""
