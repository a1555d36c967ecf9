"""What differs between this recording and another, or between parts of it."""
