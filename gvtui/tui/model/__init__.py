"""What the viewer shows: the trace, the filters in force, the words of a row."""
