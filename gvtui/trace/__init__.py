"""The trace on disk: an append-only log, the row index beside it, and one reader for both.

Also reads and writes gVisor's own save files.
"""
