"""Counts, durations and tables over rows and calls."""
