"""Options that several commands share. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import click

from gvtui.commands.completing import (
    files,
    filters,
    folders,
    groups,
    limits,
    profiles,
    session_files,
    users,
)
from gvtui.commands.values import FileMode, Seconds, Setting, Size, Span, User
from gvtui.limits import AS_THEY_COME, Limits, changed
from gvtui.monitor.options import (
    DEFAULT_KEEP_BYTES,
    DEFAULT_LISTEN,
    SEND_BUFFER_BYTES,
    MonitorOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class ToldDefault(click.Option):
    """An option whose default the help tells as of others, though a file may set another one; then
    the value is None where it is not given."""

    def __init__(self, *words: Any, told: str, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*words, **more)
        self._told = told

    def get_help_extra(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """What stands in brackets in the help."""
        return {**super().get_help_extra(ctx), "default": self._told}


class DescribedFormat(Protocol):
    """A format that output can have."""

    @property
    def words(self) -> str:
        """What it is, for help texts."""


def examples(*lines: str) -> str:
    """The section of a help text with examples of the command."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def apply(options: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """A decorator that adds several options to a command, in this order."""

    def decorate(function: Any) -> Any:  # noqa: ANN401
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


class _File(click.Path):
    """A file or folder. A symbolic link that is named is followed, whatever its name; those that are
    found in a folder in place of segments are not."""

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        path = cast("Path", super().convert(value, param, ctx))
        if path.is_symlink() and path.is_file():
            from gvtui.trace.files import is_of_folder

            return path.resolve() if is_of_folder(path) else path
        return path


FILE = _File(path_type=Path)

OUT_OPTION = click.option(
    "-o",
    "--out",
    metavar="OUT",
    type=FILE,
    required=True,
    help="The new recording, a file that does not exist yet.",
)

ENVIRONMENT_OPTION = click.option(
    "--environment",
    is_flag=True,
    help="Write the values of environment variables, where secrets often are; JSON has [redacted] "
    "in their place otherwise.",
)

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
    help='Only messages that meet this condition; see "gvtui help filters".',
    shell_complete=filters,
)


def format_option(formats: Mapping[str, DescribedFormat]) -> Callable[[Any], Any]:
    """The option `--format`, which gives a command the name of one of these as `style`."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(list(formats)),
        default="text",
        show_default=True,
        help="; ".join(f"{name}: {each.words}" for name, each in formats.items()) + ".",
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
        help="Do without real-time priority, in the viewer too. Sandboxes then drop points sooner.",
    ),
    click.option(
        "--no-enlarge",
        is_flag=True,
        help="Leave the sandboxes' send buffers as they are. Sandboxes then drop points sooner.",
    ),
    click.option(
        "--allow-uid",
        "allow_uids",
        metavar="USER",
        type=User(),
        multiple=True,
        help="Of all users but root and you, let only this one connect; may be given several times. "
        "Without it, whoever can open the socket may.",
        shell_complete=users,
    ),
    click.option(
        "--user",
        metavar="USER",
        type=User(),
        help="Have messages received with the rights of this user; needs root.",
        shell_complete=users,
    ),
    click.option(
        "--limit",
        "limits",
        metavar="NAME=VALUE",
        type=Setting(),
        multiple=True,
        help='Set a limit; "gvtui help limits" lists them. Goes before [limits] in config.toml.',
        shell_complete=limits,
    ),
)

MONITOR_OPTIONS = (LISTEN_OPTION, *SOCKET_OPTIONS)

MONITOR_NAMES = (
    "listen",
    "socket_mode",
    "socket_group",
    "no_realtime",
    "no_enlarge",
    "allow_uids",
    "user",
    "limits",
)
"""The names under which commands are given `MONITOR_OPTIONS`."""

KEEP_OPTION = click.option(
    "--keep",
    "keep_bytes",
    metavar="SIZE",
    cls=ToldDefault,
    told="2GiB",
    type=Size(),
    help="Disk space for messages if they are not recorded; the oldest are removed first, of each "
    "sandbox as far as it holds more than an equal share. Goes before keep in config.toml.",
)

KEEP_FOR_OPTION = click.option(
    "--keep-for",
    "keep_seconds",
    metavar="TIME",
    type=Span(),
    help="Keep messages no longer than that, such as 7d, 12h or 30min, however much room there is; "
    "they go together with what came up to an eighth of that time later. Goes before keep-for in "
    'config.toml; without both, or with "none", only --keep counts. Not for what --record writes.',
)

COMPRESS_OPTION = click.option(
    "--compress",
    type=click.Choice(["zstd", "none"]),
    help="How the complete segments of a folder are kept. With zstd a process of its own compresses "
    "them when a processor is idle, so --keep holds several times as much; to read one again takes "
    "a little more time. A recording in one file stays as it is. Goes before compress in "
    "config.toml; without both, zstd for a folder that stays, none for one that goes with the "
    "viewer.",
)

SYNC_OPTION = click.option(
    "--sync",
    "sync_seconds",
    metavar="SECONDS",
    type=Seconds(min=0.1),
    help="Bring the recording onto the disk itself so often. What a loss of power costs is what "
    "came in that time; without it, up to half a minute, as the kernel decides. That gvtui ends, "
    "however it does, costs nothing.",
)

PROFILE_OPTION = click.option(
    "--profile",
    metavar="NAME",
    default="",
    help="Use this profile of config.toml: its settings override all others.",
    shell_complete=profiles,
)

FRESH_OPTION = click.option(
    "--fresh",
    is_flag=True,
    help="Start without the theme, columns, sizes and times remembered from the last run, and "
    "remember nothing of this one.",
)

SCREEN_OPTIONS = (
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
        help="Change no sandbox and no session file: the Points pane only shows them, and send "
        "buffers are not enlarged.",
    ),
    click.option(
        "--on-exit",
        type=click.Choice(["delete", "keep", "restore"]),
        help="At the end delete the sessions that the viewer applied, keep them, or restore the "
        "sessions that they replaced. The viewer asks if this is not given.",
    ),
)

VIEWER_OPTIONS = (
    FILTER_OPTION,
    click.option("--record", metavar="FILE", type=FILE, help="Write a recording of all messages."),
    SYNC_OPTION,
    KEEP_OPTION,
    COMPRESS_OPTION,
    KEEP_FOR_OPTION,
    *SCREEN_OPTIONS,
)

ATTACHING_OPTIONS = (FILTER_OPTION, *SCREEN_OPTIONS)
"""The options of a viewer whose monitor runs already."""


def send_buffer_bytes(options: dict[str, Any]) -> int:
    """The wanted size of each sandbox's send buffer in bytes; 0 leaves the size unchanged."""
    return 0 if options["no_enlarge"] else SEND_BUFFER_BYTES


def limits_in_force(options: dict[str, Any]) -> Limits:
    """The limits that config.toml and `--limit` set.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    from gvtui.config import read_config
    from gvtui.saying import say

    config = read_config(profile=options.get("profile", ""))
    # The viewer tells them on its screen.
    for problem in config.problems if "profile" not in options else ():
        say(f"gvtui: {problem}")
    return changed(AS_THEY_COME, {**config.limits, **dict(options["limits"])})


def compresses(options: dict[str, Any], usual: str) -> bool:
    """Whether complete segments are compressed, as `--compress` or config.toml says.

    Args:
        options: the values of the command line.
        usual: `zstd` or `none`, where neither says it.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    from gvtui.config import read_config

    configured = read_config(profile=options.get("profile", "")).compress
    return (options["compress"] or configured or usual) == "zstd"


def retention(options: dict[str, Any]) -> tuple[int, float]:
    """For how many bytes and seconds messages are kept, as `--keep` and `--keep-for` or config.toml
    say; 0 seconds for no bound.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    from gvtui.config import read_config

    config = read_config(profile=options.get("profile", ""))
    given_bytes, given_seconds = options.get("keep_bytes"), options.get("keep_seconds")
    seconds = config.keep_for if given_seconds is None else given_seconds
    return given_bytes or config.keep or DEFAULT_KEEP_BYTES, seconds or 0.0


def monitor_options(
    options: dict[str, Any],
    *,
    record: Path | None = None,
    is_compressed: bool = False,
    is_spool: bool = False,
) -> MonitorOptions:
    """The monitor's options, from the values of `MONITOR_OPTIONS` on the command line, and of
    `KEEP_OPTION` and `KEEP_FOR_OPTION` where there are these; for the others see `MonitorOptions`."""
    keep_bytes, keep_seconds = retention(options)
    return MonitorOptions(
        listen=options["listen"],
        record=record,
        keep_bytes=keep_bytes,
        compresses=is_compressed,
        # A recording keeps all, and what is on its way to somewhere else does not grow old.
        keep_seconds=0.0 if record is not None or is_spool else keep_seconds,
        is_spool=is_spool,
        realtime=not options["no_realtime"],
        socket_mode=options["socket_mode"],
        socket_group=options["socket_group"],
        send_buffer_bytes=send_buffer_bytes(options),
        allow_uids=options["allow_uids"] or None,
        limits=limits_in_force(options),
        user=options["user"],
        sync_seconds=options.get("sync_seconds") or 0.0,
    )
