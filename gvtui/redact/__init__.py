"""Takes secrets out of messages, marks and texts."""
