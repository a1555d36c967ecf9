"""The filter language: its fields, its grammar, and what runs over rows."""
