"""The selected message: its fields, both sides of its call, its bytes."""
