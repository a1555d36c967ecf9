"""Shows, live, what runs inside gVisor sandboxes."""

__version__ = "0.1.0"
