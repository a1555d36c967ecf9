"""Other processes that test rows ahead of the viewer, so that all processors filter."""
