"""The process tree of a trace, and which rows are whose."""
