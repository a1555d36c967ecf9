"""The rows of the trace, newest last."""
