"""What differs between two sides: recordings, time windows or containers."""
