"""The calls that have not returned."""
