"""The monitor and the recording."""
