"""Lets `python -m gvtui` do what `gvtui` does."""

from __future__ import annotations

from gvtui.cli import main

if __name__ == "__main__":
    main()
