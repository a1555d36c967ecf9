"""Measurements, run by `make bench`. Machines are noisy: compare within one run."""
