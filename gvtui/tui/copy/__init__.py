"""What can be copied out of the viewer, and the ways to a clipboard."""
