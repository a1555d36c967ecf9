"""Restricts this process with Landlock, which Linux has since 5.13; see landlock(7).

A restricted process, even root's, can open only the allowed files, make no TCP connection, and
neither signal nor inspect other processes. The restriction lasts for ever, and holds for all
programs that the process starts.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.fence.kernel import prctl, syscall

if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (
    1 << bit for bit in range(6)
)
_MAKE_DIR, _MAKE_REG, _MAKE_SOCK = 1 << 7, 1 << 8, 1 << 9
_TRUNCATE = 1 << 14

_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many access rights on files each version of Landlock has."""
_NETWORK_SINCE, _NETWORK = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11
"""Binding and connecting TCP; abstract Unix sockets and signals of processes outside."""

READ = _READ_FILE | _READ_DIR
"""Reading files and listing folders."""
KEEP = READ | _WRITE_FILE | _TRUNCATE | _MAKE_REG | _MAKE_DIR | _REMOVE_FILE | _REMOVE_DIR
"""As `READ`, and creating, changing and removing files and folders."""
BIND = _MAKE_SOCK | _MAKE_DIR | _REMOVE_FILE | _READ_DIR
"""Creating and removing sockets and their folders."""

_PLACES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime")

_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_RULESET = struct.Struct("=QQQ")
_RULE = struct.Struct("=Qi")


def own_files() -> list[tuple[Path, int]]:
    """What every process of gvtui reads: Python, its modules, and `/proc`; for `fence`."""
    places = (*sys.path, sys.prefix, sys.base_prefix, *_PLACES, "/proc", "/dev/null")
    return [(Path(place), READ) for place in places if place]


def version() -> int:
    """The kernel's version of Landlock; 0 if it has none."""
    try:
        return syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError:
        return 0


def fence(allowed: Iterable[tuple[Path, int]]) -> bool:
    """Restrict this thread, and everything that it starts from now on.

    Args:
        allowed: files and folders, each with the rights on it and everything below it: `READ`,
            `KEEP`, `BIND`. Missing ones are left out. Open files stay usable.

    Returns:
        Whether the restriction holds; False if the kernel has no Landlock.

    Raises:
        OSError: the kernel has Landlock, but refuses.
    """
    has = version()
    if not has:
        return False
    rights = (1 << max(bits for since, bits in _RIGHTS_BY_VERSION.items() if since <= has)) - 1
    network = _NETWORK if has >= _NETWORK_SINCE else 0
    scopes = _SCOPES if has >= _SCOPES_SINCE else 0
    attributes = _RULESET.pack(rights, network, scopes)
    # An older kernel accepts only the fields that it knows.
    size = 8 * (1 + (has >= _NETWORK_SINCE) + (has >= _SCOPES_SINCE))
    ruleset = syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path, may in allowed:
            _allow(ruleset, path, may & rights)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, may: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            may &= _FOR_FILES
        rule = _RULE.pack(may, fd)
        syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, 0)
    finally:
        os.close(fd)
