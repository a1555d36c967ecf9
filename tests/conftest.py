"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile("gvtui", deadline=None)
settings.load_profile("gvtui")
