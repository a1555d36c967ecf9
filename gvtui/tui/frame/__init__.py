"""What stands around the rooms: tabs, status, keys."""
