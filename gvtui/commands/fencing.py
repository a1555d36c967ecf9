"""Denies commands that only read recordings the system calls that reading does not need."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

OWN_PROCESS = "own process"
"""The object of the outermost context where the process is there for this command alone."""


def only_reads(ctx: click.Context) -> None:
    """Deny this process what a command that only reads never needs; see `gvtui.fence.seccomp`.

    To be called before a stranger's bytes are read. Nothing is denied where the kernel cannot;
    `gvtui doctor` says so.
    """
    from gvtui.fence import seccomp

    if ctx.find_root().obj == OWN_PROCESS:
        with contextlib.suppress(OSError):
            seccomp.deny()
