"""The process that keeps a monitor which a viewer has left running.

Run as `python -m gvtui.commands.keeping WORD`, see `gvtui.monitor.handing`.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack

from gvtui.commands.supervising import Supervisor
from gvtui.commands.watching import watching_over
from gvtui.errors import GvtuiError
from gvtui.monitor.handing import Handed

_INFORMED_SECONDS = 5.0
"""How long the monitor, which speaks every second, may take to say how it is."""
_LOOK_SECONDS = 0.05


def main() -> int:
    """Keep the monitor until a signal or a viewer ends it; gives the exit code."""
    handed = Handed.unpack(sys.argv[1])
    try:
        with ExitStack() as stack:
            state = stack.enter_context(watching_over(handed.adopt()))
            supervisor = Supervisor(state, handed.options, is_left=True)
            stack.callback(supervisor.close)
            deadline = time.monotonic() + _INFORMED_SECONDS
            while not supervisor.is_informed and time.monotonic() < deadline and not state.ending:
                state.wait(_LOOK_SECONDS)
            os.write(handed.ready, b"1")
            os.close(handed.ready)
            supervisor.run()
            # Who ends it in a viewer is done with what it has seen, as at the end of a viewer.
            state.monitor.keeps = not supervisor.station.is_told_to_stop
            supervisor.end()
            state.has_told = True
    except GvtuiError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
