"""A trace written as something else: text, JSON lines, gVisor save files."""
