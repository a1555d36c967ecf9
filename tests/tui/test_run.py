from __future__ import annotations

import gc
import subprocess
import sys

from gvtui.tui import run
from tests.trace.recorder import TRACES

NOT_AT_FIRST = (
    "trio",
    "http.client",
    "lark",
    "re2",
    "tomlkit",
    "gvtui.agent.agent",
    "gvtui.agent.naming.socket",
    "gvtui.export.selection",
    "gvtui.monitor.watch",
    "gvtui.query.activity.reader",
    "gvtui.query.spacing",
    "gvtui.trace.survey",
)
"""What takes time to be loaded, and shows nothing on the first screen of a recording."""


def test_the_first_screen_loads_nothing_that_it_does_not_show() -> None:
    code = (
        "import sys\n"
        "from gvtui.trace.reader import Trace\n"
        "from gvtui.tui import app, run\n"
        f"viewer = app.GvtuiApp(Trace.open({str(TRACES / 'shell-2024.trace')!r}))\n"
        "loaded = set()\n"
        "def shown(): loaded.update(sys.modules); viewer.exit()\n"
        "viewer.when_shown = shown\n"
        "viewer.run(headless=True, size=(120, 40))\n"
        "assert 'gvtui.tui.stream.pane' in loaded\n"
        f"found = [name for name in {NOT_AT_FIRST!r} if name in loaded]\n"
        "sys.exit(f'loaded: {found}' if found else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_loaded_is_not_looked_at_again() -> None:
    before = gc.get_threshold()
    try:
        run._keep_what_is_loaded()
        assert gc.get_freeze_count() > 10_000
        # A key waits for one look at most.
        assert gc.get_threshold()[0] <= 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
