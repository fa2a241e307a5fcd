"""Runs that differ only in numbers, trained as one batch of matrices and recorded each."""
