"""The strip of time above the stream."""
