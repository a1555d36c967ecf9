"""Counts, errors and durations on the screen."""
