"""Gives up all rights that receiving does not need, before the first message.

The process that reads the sandboxes' messages can start no program, open only its own recording and
Python's modules, and inspect no other process. Work that needs more rights, such as inspecting
peers, is done by the porter (`gvtui.monitor.porter`).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import resource
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.errors import UsageError
from gvtui.faults import reports_folder
from gvtui.fence.kernel import capabilities, keep_capabilities, prctl
from gvtui.fence.landlock import BIND, KEEP, fence, own_files
from gvtui.fence.seccomp import BORROWING, UNIX, deny
from gvtui.files import give

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CAP_DAC_READ_SEARCH = 2
CAP_NET_ADMIN = 12
CAP_SYS_PTRACE = 19
"""capabilities(7)."""

PORTER_CAPABILITIES = frozenset({CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_PTRACE})
"""For listing the descriptors of another user's process, enlarging a send buffer beyond the
machine's limit, and borrowing a socket."""

RECEIVER_CAPABILITIES = frozenset({CAP_DAC_READ_SEARCH})
"""For reaching its own folder through folders that are closed to others."""

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4


class UserError(UsageError):
    """The monitor cannot run as the named user."""


def deny_porter() -> None:
    """Deny all threads of the porter the system calls that inspecting does not need."""
    with contextlib.suppress(OSError):
        deny(but=BORROWING, families=UNIX | {socket.AF_NETLINK})


def confine_porter() -> None:
    """Give up all of a thread's rights except those for inspecting other processes."""
    _limit_resources()
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _keep(PORTER_CAPABILITIES)


def confine_helper() -> None:
    """Give up all rights of a process that needs none: it works on files that it is given."""
    _limit_resources()
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _keep(frozenset())


def confine_receiver(trace: Path, listen: Path, user: int | None, *, is_folder: bool) -> str:
    """Give up all rights that receiving does not need.

    Args:
        trace: the recording, or with `is_folder` the folder of the flight recorder, which is given
            to the user.
        listen: the socket.
        user: the id of the user to become; None for no change.
        is_folder: whether the trace is a folder.

    Returns:
        What could not be restricted, in words; "" if everything was.

    Raises:
        UserError: this process may not become that user, or that user cannot write the trace.
    """
    _limit_resources()
    allowed = [*_allowed(trace, listen)]
    if user is not None and user != os.geteuid():
        _become(user, trace if is_folder else None)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _keep(RECEIVER_CAPABILITIES)
    lacks = [_lack("Landlock", lambda: fence(allowed)), _lack("seccomp", deny)]
    if is_folder and not os.access(trace, os.W_OK | os.X_OK, effective_ids=True):
        raise UserError(
            f"user {user} cannot write to {trace}; set XDG_CACHE_HOME to a folder it can reach"
        )
    words = "; ".join(filter(None, lacks))
    return words and f"the receiving process is not wholly fenced in: {words}"


def _lack(name: str, apply: Callable[[], bool]) -> str:
    """Apply one part of the fence; why it is missing, "" if it is not."""
    try:
        return "" if apply() else f"this kernel has no {name}"
    except OSError as error:
        return f"{name}: {error.strerror}"


def _limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, soft))


def _become(user: int, folder: Path | None) -> None:
    try:
        group = pwd.getpwuid(user).pw_gid
    except KeyError:
        group = user
    try:
        if folder is not None:
            give(folder, user, group)
        prctl(_PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    except OSError as error:
        raise UserError(
            f"cannot become user {user}: {error.strerror}; start gvtui as root, or without --user"
        ) from error


def _keep(wanted: frozenset[int]) -> None:
    with contextlib.suppress(OSError):
        prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    keep_capabilities(capabilities() & wanted)


def _allowed(trace: Path, listen: Path) -> Iterator[tuple[Path, int]]:
    """What the fence lets through: the program's own files, and the places of trace and socket.

    The folder above each is among them, so that a folder that is removed can be made again.
    """
    yield from own_files()
    for path, may in ((trace.absolute(), KEEP), (listen.absolute(), BIND)):
        above = path.parent.parent
        for folder in (path.parent, above):
            if folder != Path(folder.root):
                yield folder, may
    folder = reports_folder()
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield folder, KEEP
