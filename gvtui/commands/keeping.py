"""The process that keeps a monitor which a viewer has left running.

Run as `python -m gvtui.commands.keeping WORD`, see `gvtui.monitor.handing`.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from gvtui.commands.supervising import Supervisor
from gvtui.commands.watching import watching_over
from gvtui.errors import GvtuiError
from gvtui.monitor.handing import Handed


def main() -> int:
    """Keep the monitor until a signal or a viewer ends it; gives the exit code."""
    handed = Handed.unpack(sys.argv[1])
    try:
        with ExitStack() as stack:
            state = stack.enter_context(watching_over(handed.adopt()))
            supervisor = Supervisor(state, handed.options, is_left=True)
            stack.callback(supervisor.close)
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
