"""The runsc side: finds roots and containers, reads metadata, applies sessions."""
