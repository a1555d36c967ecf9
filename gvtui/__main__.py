"""Runs the command line for `python -m gvtui`."""

from __future__ import annotations

from gvtui.cli import main

if __name__ == "__main__":
    main()
