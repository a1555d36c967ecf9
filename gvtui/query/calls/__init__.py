"""System calls: an enter and its exit, calls that are still open, calls told twice."""
