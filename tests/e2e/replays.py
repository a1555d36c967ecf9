"""Recordings that are looked at in the viewer after their sandboxes have gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from tests.tui.helpers import until


def replay_processes(path: Path, look: Callable[[ProcessTree], None]) -> None:
    """Open a recording, go to its processes, and look at them when all rows are read."""

    async def replay() -> None:
        app = GvtuiApp(trace)
        async with app.run_test(size=(160, 46)) as pilot:
            await pilot.press("2")
            processes = app.model.analysis.processes
            await until(pilot, lambda: processes.is_done)
            look(processes.tree)

    trace = Trace.open(path)
    asyncio.run(replay())
    trace.close()
