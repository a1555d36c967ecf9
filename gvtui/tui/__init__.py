"""The viewer. The only room that imports textual."""
