"""One module for each command; the command line loads them when they are called."""
