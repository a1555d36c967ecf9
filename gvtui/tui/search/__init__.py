"""Text searched in the rows."""
