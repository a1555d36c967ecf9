"""`gvtui monitor`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import (
    COMPRESS_OPTION,
    FILE,
    KEEP_FOR_OPTION,
    KEEP_OPTION,
    MONITOR_OPTIONS,
    SYNC_OPTION,
    apply,
    compresses,
    examples,
    limits_in_force,
    monitor_options,
)
from gvtui.commands.units import SOCKET, TRACES, UNITS, UnitOptions
from gvtui.limits import span_text
from gvtui.saying import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvtui.commands.metrics import Address
    from gvtui.monitor.options import MonitorOptions

_SUFFIX = ".gvtrace"


def _is_folder(trace: Path) -> bool:
    """Whether a place to write to is a folder of traces, and no recording."""
    return trace.is_dir() or trace.suffix != _SUFFIX


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "done, also when Ctrl-C or SIGTERM ended it",
        1: "failed, or messages could not be written",
    },
    epilog=examples(
        "gvtui monitor --trace /var/lib/gvtui",
        "gvtui monitor --listen /run/gvtui/events.sock --trace /var/lib/gvtui --keep 20GiB",
        "gvtui monitor --trace /var/lib/gvtui --keep 20GiB --keep-for 7d",
        "gvtui monitor --trace /var/lib/gvtui --compress none",
        "gvtui monitor --trace /var/lib/gvtui --metrics 127.0.0.1:9100",
        "gvtui monitor --keep 20GiB --print-unit systemd > /etc/systemd/system/gvtui.service",
    ),
)
@apply(MONITOR_OPTIONS)
@click.option(
    "--trace",
    metavar="PATH",
    type=FILE,
    help="Where to write: a folder, which keeps what --keep allows and gets a new trace at each "
    f"start; or a recording, a name that ends with {_SUFFIX}, which grows without limit. A service "
    "that starts again goes on in another recording, with a number behind its name.",
)
@KEEP_OPTION
@KEEP_FOR_OPTION
@COMPRESS_OPTION
@SYNC_OPTION
@click.option(
    "--metrics",
    metavar="HOST:PORT",
    help="Answer Prometheus there.",
)
@click.option(
    "--print-unit",
    "unit",
    type=click.Choice(list(UNITS)),
    help="Print what starts the monitor with the options given, and do nothing else. "
    + "; ".join(f"{name}: {each.words}" for name, each in UNITS.items())
    + ".",
)
@click.pass_context
def monitor(
    ctx: click.Context,
    /,
    trace: Path | None,
    metrics: str | None,
    unit: str | None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Receive what sandboxes send, all the time; viewers come and go.

    "gvtui attach" opens the viewer on what the monitor writes. Viewers that leave, are stopped or
    killed do not disturb it. "gvtui status" tells how it is. What ran in a sandbox before its session
    is recorded too: gvtui asks its runsc. Ctrl-C or SIGTERM ends it.
    """
    if unit is not None:
        is_default = _is_default(ctx, "listen")
        served = _named_address(ctx, metrics)
        wanted = UnitOptions(
            SOCKET if is_default else options["listen"],
            trace or TRACES,
            _other_words(ctx),
            limits_in_force(options).connections,
            is_folder=_is_folder(trace or TRACES),
            socket_mode=options["socket_mode"],
            socket_group=options["socket_group"],
            metrics=served,
        )
        click.echo(UNITS[unit].text(wanted), nl=False)
        return
    if trace is None:
        ctx.fail("Give --trace, the folder or recording to write.")
    is_given = not _is_default(ctx, "keep_bytes")
    is_folder = _is_folder(trace)
    if is_given and not is_folder:
        ctx.fail("--keep goes with a folder: a recording keeps all.")
    if options["keep_seconds"] and not is_folder:
        ctx.fail("--keep-for goes with a folder: a recording keeps all.")
    if trace.is_file() and is_folder:
        ctx.fail(f"{trace} is a file that does not end with {_SUFFIX}; give a folder.")
    if options["compress"] == "zstd" and not is_folder:
        ctx.fail("--compress goes with a folder: a recording in one file stays as it is.")
    started = monitor_options(
        options,
        record=None if is_folder else trace,
        is_compressed=is_folder and compresses(options, "zstd"),
    )
    if is_folder:
        started = replace(started, place=trace.absolute())
    ctx.exit(_run(started, trace, metrics))


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "socket_mode": "{:o}".format,
    "keep_seconds": span_text,
}
"""How values are written that are not as they were given, by the names of their options."""


def _named_address(ctx: click.Context, metrics: str | None) -> Address | None:
    """Where whoever asks for metrics finds them."""
    from gvtui.commands.metrics import Address

    if metrics is None:
        return None
    address = Address.read(metrics)
    if not address.port:
        ctx.fail("With port 0 --metrics takes a free port, which nobody knows before; name one.")
    return address


def _is_default(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is click.core.ParameterSource.DEFAULT


def _other_words(ctx: click.Context) -> list[str]:
    """The options given, as words of a command line, but for the places and --print-unit."""
    words: list[str] = []
    for option in ctx.command.params:
        name = option.name or ""
        if _is_default(ctx, name) or name in ("listen", "trace", "unit"):
            continue
        value = ctx.params[name]
        if value is True:
            words.append(option.opts[0])
            continue
        for each in value if option.multiple else [value]:
            text = f"{each[0]}={each[1]}" if isinstance(each, tuple) else str(each)
            written = _WRITTEN.get(name)
            words += [option.opts[0], written(each) if written else text]
    return words


def _run(options: MonitorOptions, path: Path, metrics: str | None) -> int:
    """Run the monitor until it is told to end; gives the exit code."""
    from gvtui.commands.metrics import MetricsServer
    from gvtui.commands.succeeding import close_passed, succeeding
    from gvtui.commands.supervising import Supervisor
    from gvtui.commands.watching import watching
    from gvtui.monitor.leftovers import Leftovers
    from gvtui.monitor.places import MonitorPlace
    from gvtui.monitor.systemd import Notifier

    notifier = Notifier()
    with ExitStack() as stack:
        options, store = stack.enter_context(succeeding(options, path, notifier))
        is_folder = options.place is not None
        place = MonitorPlace(
            path,
            options.listen,
            options.keep_bytes,
            is_folder=is_folder,
            keep_seconds=options.keep_seconds,
        )
        stack.callback(place.close)
        if is_folder and options.compresses:
            leftovers = Leftovers(path, options.user)
            stack.callback(leftovers.close)
        served = MetricsServer(metrics) if metrics is not None else None
        if served is not None:
            stack.callback(served.close)
        state = stack.enter_context(watching(options))
        close_passed(options)
        supervisor = Supervisor(state, options, notifier=notifier, place=place, store=store)
        stack.callback(supervisor.close)
        if served is not None:
            supervisor.when_told = served.tell
            served.tell(supervisor.describe())
            say(f"gvtui: metrics at http://{served.address}/metrics")
        say(f"gvtui: listening on {options.listen}, writing to {state.monitor.trace_path}")
        notifier.say("READY=1", f"STATUS=listening on {options.listen}")
        try:
            supervisor.run()
        finally:
            notifier.say("STOPPING=1")
        words = supervisor.end()
        became = state.monitor.became
        say(f"gvtui: {became}{'; ' if state.losses else ': '}{words}")
        state.has_told = True
    return 1 if state.losses else 0
