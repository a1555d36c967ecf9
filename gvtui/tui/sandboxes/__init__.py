"""The list of sandboxes in the sidebar."""
