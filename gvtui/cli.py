"""The command line. A command's module is loaded only when it is called, so help is fast."""

from __future__ import annotations

import difflib
import errno
import importlib
import io
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gvtui import __version__
from gvtui.commands.exits import USUAL, write_exit_codes
from gvtui.commands.fencing import OWN_PROCESS
from gvtui.commands.options import MONITOR_OPTIONS, VIEWER_OPTIONS, apply, examples
from gvtui.ending import raise_at_signals, signal_behind
from gvtui.errors import GvtuiError
from gvtui.home import have_home
from gvtui.saying import fit_terminals, say

if TYPE_CHECKING:
    from typing import Any

    from click.shell_completion import CompletionItem


class LazyCommand(NamedTuple):
    """A command that has not been loaded."""

    place: str
    """The command's module and attribute, as `package.module:attribute`."""
    help: str


COMMANDS: dict[str, LazyCommand] = {
    "replay": LazyCommand(
        "gvtui.commands.replay:replay",
        "Open a recording in the viewer; several are merged by time.",
    ),
    "print": LazyCommand(
        "gvtui.commands.print:print_", "Print messages, live or from a recording."
    ),
    "info": LazyCommand(
        "gvtui.commands.info:info", "Check whether a recording is complete and undamaged."
    ),
    "monitor": LazyCommand(
        "gvtui.commands.monitor:monitor",
        "Receive what sandboxes send, all the time; viewers come and go.",
    ),
    "attach": LazyCommand(
        "gvtui.commands.attach:attach", "Open the viewer on what a running monitor writes."
    ),
    "status": LazyCommand("gvtui.commands.status:status", "Tell how a running monitor is."),
    "report": LazyCommand(
        "gvtui.commands.report:report", "Tell what sandboxes did, and what was not seen."
    ),
    "diff": LazyCommand(
        "gvtui.commands.diff:diff",
        "Tell what differs between two recordings, time windows or containers.",
    ),
    "record": LazyCommand(
        "gvtui.commands.record:record", "Record what sandboxes send, without a screen."
    ),
    "send": LazyCommand("gvtui.commands.send:send", "Send a recording to any monitor's socket."),
    "convert": LazyCommand(
        "gvtui.commands.convert:convert", "Write a recording in another format."
    ),
    "cut": LazyCommand("gvtui.commands.cut:cut", "Write a part of a recording to a new one."),
    "merge": LazyCommand(
        "gvtui.commands.merge:merge", "Write several recordings to a new one, by time."
    ),
    "repair": LazyCommand(
        "gvtui.commands.repair:repair",
        "Write what can be read of a damaged recording to a new one.",
    ),
    "seal": LazyCommand(
        "gvtui.commands.seal:seal", "Seal a recording, so that any later change can be found."
    ),
    "verify": LazyCommand("gvtui.commands.verify:verify", "Compare a recording with its seal."),
    "session": LazyCommand(
        "gvtui.commands.session:session", "Make, check and apply trace sessions."
    ),
    "points": LazyCommand("gvtui.commands.points:points", "List trace points and their fields."),
    "doctor": LazyCommand(
        "gvtui.commands.doctor:doctor", "Check whether gvtui can work on this machine."
    ),
    "keys": LazyCommand("gvtui.commands.keys:keys", "List the viewer's commands and their keys."),
    "demo": LazyCommand("gvtui.commands.demo:demo", "Show gvtui at work, with or without gVisor."),
    "completion": LazyCommand(
        "gvtui.commands.completion:completion", "Print the completion script of a shell."
    ),
    "help": LazyCommand(
        "gvtui.commands.help:help_", "Explain a topic, such as the filter language."
    ),
}
"""Every command, in the order that help lists them."""

VARIABLE = "_GVTUI_COMPLETE"
"""The environment variable that completion scripts set to the name of their shell."""


class LazyGroup(click.Group):
    """Loads a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and return a command; None if there is none of that name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command; it is no failure if the reader of its output closes the pipe."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python would try to write the rest again at exit, and report an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes of all commands, then the examples."""
        write_exit_codes(formatter, USUAL)
        super().format_epilog(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Commands that begin so, from the table without loading them, or options."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=entry.help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but suggest a command for an unknown name."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            hint = ""
            if Path(name).exists():
                hint = f" To look at that file: gvtui replay {name}"
            elif close := difflib.get_close_matches(name, COMMANDS, 1):
                hint = f" Did you mean {close[0]}?"
            ctx.fail(f"There is no command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "gvtui",
        "gvtui --listen /run/gvtui.sock --record today.gvtrace",
        "gvtui --filter 'proc.name = bash and evt.failed = true'",
        "gvtui replay today.gvtrace",
    ),
)
@click.version_option(__version__, "-V", "--version", message="gvtui %(version)s")
@apply(VIEWER_OPTIONS)
@apply(MONITOR_OPTIONS)
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401
    """Watch what runs inside gVisor sandboxes.

    Without a command, this opens the live viewer: it listens on a Unix socket, and shows what the
    sandboxes that connect to it report. A trace session tells a sandbox to connect: make one with
    "gvtui session new", start sandboxes with "runsc --pod-init-config=FILE", or hand it to running
    ones with "gvtui session apply".
    """
    if ctx.invoked_subcommand is None:
        from gvtui.commands.live import live

        ctx.exit(live(options))
    for name in options:
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            flag = next(p.opts[0] for p in cli.params if p.name == name)
            ctx.fail(f"{flag} before a command has no effect; put it after the command.")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process, with one of the codes of `gvtui help exit-codes`."""
    raise_at_signals()
    have_home()
    fit_terminals()
    failed: list[BaseException] = []
    threading.excepthook = lambda thread: failed.append(thread.exc_value or thread.exc_type())
    code = run(arguments, is_own_process=True)
    for error in failed[:1]:
        code = _tell_fault(error) or code
    if any(not thread.daemon for thread in threading.enumerate()[1:]):
        # The viewer's thread for keys never ends if its terminal has gone. All else has been
        # cleaned up by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str] | None = None, *, is_own_process: bool = False) -> int:
    """Run the command line.

    Args:
        arguments: the arguments without the program's name; None takes the process's own.
        is_own_process: whether the process ends with the command, which may then give up rights.

    Returns:
        The exit code.
    """
    if VARIABLE in os.environ:
        from gvtui.commands.completion import answer

        return answer(cli)
    try:
        owner = OWN_PROCESS if is_own_process else None
        code = cli.main(arguments, prog_name="gvtui", standalone_mode=False, obj=owner)
    except GvtuiError as error:
        say(f"gvtui: {error}")
        return error.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue().rstrip("\n"))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        return 128 + (signal_behind(error) or signal.SIGINT)
    except OSError as error:
        if error.errno == errno.EIO and not os.isatty(2):
            # The terminal has gone: nobody can read a message.
            return 1
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename is None:
            say(f"gvtui: cannot write the output: {error.strerror}")
            return 1
        return _tell_fault(error)
    except Exception as error:
        number = signal_behind(error)
        return 128 + number if number else _tell_fault(error)
    return code if isinstance(code, int) else 0


def _tell_fault(error: BaseException) -> int:
    """Report a fault of gvtui: a sentence for the user, a file with the traceback; gives the
    code."""
    from gvtui.faults import tell

    say(f"gvtui: {tell(error)}")
    return 1
