"""Trace points: their names, what the runtime offers, and the session document that picks them."""
