"""Commands: what a key, a line or the palette can ask for."""
