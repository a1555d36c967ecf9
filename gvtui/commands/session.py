"""`gvtui session`: make, check and apply trace sessions."""

from __future__ import annotations

import os
import sys
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.announcing import announced
from gvtui.commands.completing import (
    containers,
    described,
    field_names,
    known_points,
    session_files,
)
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import FILE, examples
from gvtui.commands.runtime import (
    ARCH_OPTION,
    GVISOR_OPTION,
    JSON_OPTION,
    ROOT_OPTION,
    RUNSC_OPTION,
    TIMEOUT_OPTION,
    failing_in_json,
    find_catalogue,
    find_container,
    open_agent,
    relative_to_here,
)
from gvtui.commands.session_check import SESSION_FILE, check
from gvtui.commands.session_choice import chosen, listed
from gvtui.commands.session_report import (
    print_json,
    report,
    sandbox_lines,
    sandbox_row,
)
from gvtui.ending import undisturbed
from gvtui.monitor.options import DEFAULT_LISTEN
from gvtui.points.presets import DEFAULT_PRESET, PRESETS
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS
from gvtui.points.tuning import TUNINGS
from gvtui.saying import say, show

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.points.document import SessionDocument

_WORKERS = 8
"""How many sandboxes are asked at the same time: one may not answer for a whole time limit."""


def _described(names: dict[str, str]) -> str:
    """A list of names with their meanings, for the end of a help text."""
    lines = []
    for name, text in names.items():
        wrapped = textwrap.wrap(text, 56)
        lines += [
            f"  {left:<16} {right}" for left, right in zip_longest([name], wrapped, fillvalue="")
        ]
    return "\b\n" + "\n".join(lines)


@click.group(
    epilog=examples(
        "gvtui session new --preset files > trace.json",
        "gvtui session check trace.json",
        "gvtui session apply trace.json 4f5c0d",
    )
)
def session() -> None:
    """Make, check and apply trace sessions.

    A session names the trace points that a sandbox sends, their fields, and the socket that they
    are sent to. A sandbox has at most one session.
    """


@session.command(
    epilog="Presets:\n\n"
    + _described({name: preset.description for name, preset in PRESETS.items()})
    + "\n\nTunings:\n\n"
    + _described({name: f"{tuning.title}: {tuning.cost}" for name, tuning in TUNINGS.items()})
    + "\n\n"
    + examples(
        "gvtui session new --preset files --preset network > both.json",
        "gvtui session new --preset processes --pod-init --out /etc/gvtui-pod-init.json",
        "gvtui session new --preset network | gvtui session apply - CONTAINER",
        "gvtui session new --point 'syscall/open*' --optional fd_path --context time,cwd",
        "gvtui session new --preset security --context +cwd,-process_name",
        "gvtui session new --preset processes --gvisor release-20260914.0 --arch arm64",
    ),
)
@click.option(
    "--preset",
    "presets",
    type=click.Choice(list(PRESETS)),
    multiple=True,
    shell_complete=described((name, preset.title) for name, preset in PRESETS.items()),
    help=f"A ready-made choice of points; several are joined. {DEFAULT_PRESET} if neither --preset "
    "nor --point is given.",
)
@click.option(
    "--point",
    "patterns",
    metavar="PATTERN",
    multiple=True,
    help="Add the points that match, as for `gvtui points`.",
    shell_complete=known_points,
)
@click.option(
    "--endpoint",
    metavar="PATH",
    type=FILE,
    default=DEFAULT_LISTEN,
    show_default=True,
    help="The monitor's socket.",
)
@click.option(
    "--tuning",
    type=click.Choice(list(TUNINGS)),
    shell_complete=described((name, tuning.title) for name, tuning in TUNINGS.items()),
    default=next(iter(TUNINGS)),
    show_default=True,
    help="How often a sandbox retries to send.",
)
@click.option(
    "--context",
    metavar="FIELD,...",
    help=f"Context fields of every point; {', '.join(DEFAULT_CONTEXT_FIELDS)} if not given. With + or "
    "- before each (+cwd,-time) they are added to what the presets ask for, or taken away.",
    shell_complete=field_names("context"),
)
@click.option(
    "--optional",
    metavar="FIELD,...",
    help="Optional fields, for the points that have them.",
    shell_complete=field_names("optional"),
)
@click.option(
    "--pod-init", is_flag=True, help="Write a pod init file, for containers that start later."
)
@click.option(
    "--out",
    metavar="FILE",
    type=FILE,
    help="Write the session to this file; the other keys of a pod init file are kept.",
)
@RUNSC_OPTION
@GVISOR_OPTION
@ARCH_OPTION
def new(
    presets: tuple[str, ...],
    patterns: tuple[str, ...],
    endpoint: Path,
    tuning: str,
    context: str | None,
    optional: str | None,
    pod_init: bool,
    out: Path | None,
    binaries: tuple[str, ...],
    gvisor: str,
    architecture: str | None,
) -> None:
    """Write a session from presets, or from points.

    Presets are joined: each point gets the fields of all, and a raw point is left out if the
    decoded point of the same call is on. What this runsc does not have is left out, and told.

    The points are those of this machine's runsc. If there is none, or a version is given, they are
    those of the list that comes with gvtui; a preset then leaves out points that this version may
    lack.
    """
    from gvtui.agent.install import install_words
    from gvtui.agent.started import start_words
    from gvtui.points.check import doubts_about
    from gvtui.points.costs import session_costs
    from gvtui.points.document import (
        SessionDocument,
        load_document,
        pod_init_document,
        save_document,
    )
    from gvtui.points.tuning import remote_sink

    if not presets and not patterns:
        presets = (DEFAULT_PRESET,)
    catalogue = find_catalogue(binaries, gvisor=gvisor, architecture=architecture)
    if catalogue.is_bundled and not gvisor and not architecture:
        say(f"gvtui: no runsc answers here; the points are {catalogue.source}")
    sink = remote_sink(relative_to_here(endpoint), TUNINGS[tuning], ignore_setup_error=pod_init)
    made = chosen(catalogue, presets, patterns, listed(context), listed(optional) or ())
    made = made.with_sinks(sink)
    for doubt in doubts_about(made, catalogue):
        say(f"gvtui: {doubt}")
    document = pod_init_document(made) if pod_init else SessionDocument(made)
    for hint in session_costs(made):
        say(f"gvtui: {hint}")
    if out is None:
        click.echo(document.text(), nl=False)
        if pod_init:
            say(
                f"gvtui: a sandbox starts with it, in FILE, by: {start_words('FILE', *binaries[:1])}"
            )
        return
    if out.exists():
        document = load_document(out).with_session(made)
    save_document(out, document)
    if pod_init:
        say(install_words(out, *binaries[:1]))
        say(f"A sandbox by hand: {start_words(str(out), *binaries[:1])}")


@session.command(
    cls=ExitingCommand,
    exit_codes={1: "not applied: the former session runs on, or standard error says what runs now"},
    epilog=examples(
        "gvtui session apply files.json 4f5c0d",
        "gvtui session apply files.json web-frontend",
        "gvtui session apply --root /run/containerd/runsc/k8s.io --replace files.json 4f5c0d",
    ),
)
@click.argument("file", type=SESSION_FILE, shell_complete=session_files)
@click.argument("container", metavar="CONTAINER", shell_complete=containers)
@click.option("--replace", is_flag=True, help="Replace the session that the sandbox already has.")
@ROOT_OPTION
@RUNSC_OPTION
@TIMEOUT_OPTION
@JSON_OPTION
@click.pass_context
def apply(
    ctx: click.Context,
    /,
    file: Path,
    container: str,
    replace: bool,
    as_json: bool,
    **options: Any,  # noqa: ANN401
) -> None:
    """Start the session of a file in a running sandbox.

    CONTAINER is a container's ID or its beginning, its name, or its pod's, as session list shows
    them. docker://ID and containerd://ID are understood too. The monitor must be listening. If the
    change fails, gvtui restores the former session, provided that it knows its points.
    """
    from gvtui.points.document import SessionError
    from gvtui.points.problems import refusals

    with failing_in_json(as_json):
        document = _load(file)
        wrong = refusals(document.problems)
        if wrong:
            raise SessionError(f"{file}: {wrong[0]}", wrong)
        agent = open_agent(options)
        target = find_container(agent.inventory(), container)
    with undisturbed(), announced(target, document.session, agent.known_session(target)) as note:
        outcome = agent.apply(target, document.session, replace_unknown=replace)
        note(outcome)
    report(outcome, as_json, "add --replace to replace it")
    ctx.exit(0 if outcome.applied else 1)


@session.command(
    name="list",
    cls=ExitingCommand,
    exit_codes={1: "a root could not be read, or a sandbox did not answer"},
    epilog=examples("gvtui session list -v", "gvtui session list --json --root /run/runsc"),
)
@click.option("-v", "--verbose", is_flag=True, help="Say which runsc manages each, and why.")
@ROOT_OPTION
@RUNSC_OPTION
@TIMEOUT_OPTION
@JSON_OPTION
@click.pass_context
def list_(
    ctx: click.Context,
    /,
    as_json: bool,
    verbose: bool,
    **options: Any,  # noqa: ANN401
) -> None:
    """List sandboxes, their containers, and the sessions they run.

    A pod's containers share one sandbox, and so one session.
    """
    from concurrent.futures import ThreadPoolExecutor

    from gvtui.decode.escape import escape

    inventory = open_agent(options).inventory()
    sandboxes = [each for each in inventory.containers if each.is_sandbox]
    with ThreadPoolExecutor(_WORKERS) as pool:
        rows = list(pool.map(sandbox_row, sandboxes, [inventory.containers] * len(sandboxes)))
    problems = [inventory.problem] if inventory.problem else []
    problems += [f"{report.root}: {report.error}" for report in inventory.roots if report.error]
    problems += [f"{row['id']}: {row['error']}" for row in rows if row["error"]]
    if as_json:
        print_json({"sandboxes": rows, "problems": problems})
    else:
        for line in sandbox_lines(rows, verbose=verbose):
            show(escape(line))
        if not rows and not problems:
            seen = "" if os.geteuid() == 0 else " that this user may see; root sees all"
            say(f"gvtui: no sandboxes{seen}")
        for problem in problems:
            say(f"gvtui: {escape(problem)}")
    ctx.exit(1 if problems else 0)


@session.command(
    cls=ExitingCommand,
    exit_codes={1: "not ended: the session runs on"},
    epilog=examples("gvtui session delete 4f5c0d"),
)
@click.argument("container", metavar="CONTAINER", shell_complete=containers)
@ROOT_OPTION
@RUNSC_OPTION
@TIMEOUT_OPTION
@JSON_OPTION
@click.pass_context
def delete(
    ctx: click.Context,
    /,
    container: str,
    as_json: bool,
    **options: Any,  # noqa: ANN401
) -> None:
    """End a sandbox's session, whoever made it.

    CONTAINER is a container's ID or its beginning, its name, or its pod's.
    """
    with failing_in_json(as_json):
        agent = open_agent(options)
        target = find_container(agent.inventory(), container)
    with undisturbed(), announced(target, agent.known_session(target)) as note:
        outcome = agent.delete(target, delete_unknown=True)
        note(outcome)
    report(outcome, as_json, "")
    ctx.exit(0 if outcome.applied else 1)


def _load(file: Path) -> SessionDocument:
    from gvtui.points.document import load_document, parse_document

    return parse_document(sys.stdin.read()) if str(file) == "-" else load_document(file)


session.add_command(check)
