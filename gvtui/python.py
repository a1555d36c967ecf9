"""How gvtui starts Python again, for work that gets a process of its own."""

from __future__ import annotations

import sys


def python(*words: str) -> list[str]:
    """The command that runs this Python with these arguments, such as `-m gvtui replay FILE`.

    Modules of the current folder are not imported: it may be anybody's, and root may stand in it.
    """
    return [sys.executable, "-P", *words]
