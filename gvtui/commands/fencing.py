"""Denies commands that only read recordings the system calls that reading does not need."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import click

    from gvtui.query.helpers.ahead import Helper

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


def helpers_for(file: Path, filter_text: str) -> Sequence[Helper]:
    """Processes that test rows too, where a filter takes long; to be called before `only_reads`.

    Raises:
        FilterError: the text is no filter.
    """
    from gvtui.query.filter.compile import compile_filter
    from gvtui.trace.at_once import LARGE

    if not compile_filter(filter_text).is_slow or not (
        file.is_dir() or (file.is_file() and file.stat().st_size > LARGE)
    ):
        return ()
    from gvtui.query.helpers.ahead import helpers

    return helpers()
