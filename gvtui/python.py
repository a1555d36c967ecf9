"""How gvtui starts Python again, for work that gets a process of its own."""

from __future__ import annotations

import errno
import sys

_REMEDIES = {
    errno.EACCES: "this user may not run it: install gvtui where it may",
    errno.EPERM: "this user may not run it: install gvtui where it may",
    errno.ENOENT: "it has gone: install gvtui anew",
    errno.EAGAIN: "no further process is allowed (ulimit -u, or the service's TasksMax): end some",
    errno.ENOMEM: "the machine has no memory left for it: end other programs",
}


def python(*words: str) -> list[str]:
    """The command that runs this Python with these arguments, such as `-m gvtui replay FILE`.

    Modules of the current folder are not imported: it may be anybody's, and root may stand in it.
    """
    return [sys.executable, "-P", *words]


def why_not_started(error: OSError) -> str:
    """Why such a command could not be started, and what to do, without full stop."""
    reason = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    return f"{sys.executable} does not start: {reason}"
