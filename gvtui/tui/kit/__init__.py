"""What every room of the viewer is built of: lines, lists, prompts, colours."""
