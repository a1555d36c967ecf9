"""What was done, by whom, and what was not seen of it."""
