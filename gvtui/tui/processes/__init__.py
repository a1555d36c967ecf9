"""The process tree on the screen."""
