"""Options that several commands share, and how their values are read. Imports nothing heavy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.completing import files, filters, folders, groups, session_files
from gvtui.monitor.options import (
    DEFAULT_KEEP_BYTES,
    DEFAULT_LISTEN,
    SEND_BUFFER_BYTES,
    MonitorOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MIN_KEEP_BYTES = 16 << 20
"""Below this a flight recorder would hold hardly anything."""

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


class Size(click.ParamType[int]):
    """A number of bytes, such as `500M` or `2GiB`; units are powers of 1024."""

    name = "size"

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """The number of bytes."""
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            self.fail(f"{value!r} is no size; write it as 500M or 2GiB.", param, ctx)
        size = int(float(match[1]) * (1 << _UNITS[match[2].upper()]))
        if size < MIN_KEEP_BYTES:
            self.fail(f"{value!r} is too little; 16MiB is the least.", param, ctx)
        return size


class FileMode(click.ParamType[int]):
    """Permissions as `chmod` takes them in digits."""

    name = "mode"

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """The permission bits."""
        if isinstance(value, int):
            return value
        if re.fullmatch(r"0?[0-7]{3}", value) is None:
            self.fail(f"{value!r} is no file mode; write it as 660.", param, ctx)
        return int(value, 8)


def examples(*lines: str) -> str:
    """The end of a help text that shows the command at work."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def apply(options: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Put several options on a command, in their order."""

    def decorate(function: Any) -> Any:  # noqa: ANN401
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


FILE = click.Path(path_type=Path)

LISTEN_OPTION = click.option(
    "--listen",
    metavar="PATH",
    type=FILE,
    default=DEFAULT_LISTEN,
    show_default=True,
    help="Socket that sandboxes connect to.",
    shell_complete=files(),
)

FILTER_OPTION = click.option(
    "--filter",
    "filter_text",
    metavar="EXPR",
    default="",
    help='Only what meets this condition; "gvtui help filters" explains.',
    shell_complete=filters,
)

SOCKET_OPTIONS = (
    click.option(
        "--socket-mode",
        type=FileMode(),
        default="600",
        show_default=True,
        help="Permissions of the socket, in octal.",
    ),
    click.option(
        "--socket-group",
        metavar="GROUP",
        help="Group that owns the socket.",
        shell_complete=groups,
    ),
    click.option(
        "--no-realtime",
        is_flag=True,
        help="Receive at normal priority. Sandboxes then drop points sooner.",
    ),
    click.option(
        "--no-enlarge",
        is_flag=True,
        help="Leave the sandboxes' send buffers as they are. Sandboxes then drop points sooner.",
    ),
)

MONITOR_OPTIONS = (LISTEN_OPTION, *SOCKET_OPTIONS)

KEEP_OPTION = click.option(
    "--keep",
    "keep_bytes",
    metavar="SIZE",
    type=Size(),
    default="2GiB",
    show_default=True,
    help="Disk for what has been seen, if it is not recorded. The oldest goes first.",
)

PROFILE_OPTION = click.option(
    "--profile",
    metavar="NAME",
    default="",
    help="Put the settings of this profile of config.toml before all others.",
)

FRESH_OPTION = click.option(
    "--fresh",
    is_flag=True,
    help="Begin as for the first time, without the theme, columns, sizes and times remembered from "
    "the last run; those are kept for the next one, and nothing of this run is.",
)

VIEWER_OPTIONS = (
    FILTER_OPTION,
    click.option("--record", metavar="FILE", type=FILE, help="Keep a recording of everything."),
    KEEP_OPTION,
    PROFILE_OPTION,
    FRESH_OPTION,
    click.option(
        "--runsc",
        metavar="BIN",
        help="The runsc to use; found in PATH if not given.",
        shell_complete=files(),
    ),
    click.option(
        "--root",
        "roots",
        metavar="DIR",
        type=FILE,
        multiple=True,
        help="Look for containers in this root of runsc's; may be given several times.",
        shell_complete=folders,
    ),
    click.option(
        "--session-file",
        metavar="FILE",
        type=FILE,
        help="Pod init file that the Points pane edits, for containers that start later.",
        shell_complete=session_files,
    ),
    click.option(
        "--readonly",
        is_flag=True,
        help="Change no sandbox and no file of sessions: the Points pane only shows them, and "
        "send buffers stay as with --no-enlarge.",
    ),
    click.option(
        "--on-exit",
        type=click.Choice(["delete", "keep", "restore"]),
        help="What becomes of sessions that the viewer applied: delete them, keep them, or put "
        "back what was there before. The viewer asks if this is not given.",
    ),
)


def send_buffer_bytes(options: dict[str, Any]) -> int:
    """Room for what each sandbox has sent; 0 leaves it as it comes."""
    return 0 if options["no_enlarge"] else SEND_BUFFER_BYTES


def monitor_options(
    options: dict[str, Any], *, record: Path | None = None, keep_bytes: int = DEFAULT_KEEP_BYTES
) -> MonitorOptions:
    """What `MONITOR_OPTIONS` were given."""
    return MonitorOptions(
        listen=options["listen"],
        record=record,
        keep_bytes=keep_bytes,
        realtime=not options["no_realtime"],
        socket_mode=options["socket_mode"],
        socket_group=options["socket_group"],
        send_buffer_bytes=send_buffer_bytes(options),
    )
