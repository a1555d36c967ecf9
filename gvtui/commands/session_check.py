"""`gvtui session check`: predicts what runsc does with a session file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import session_files
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import examples
from gvtui.commands.runtime import (
    ARCH_OPTION,
    GVISOR_OPTION,
    JSON_OPTION,
    RUNSC_OPTION,
    find_catalogues,
)
from gvtui.commands.session_report import print_json, print_problems
from gvtui.saying import show
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.points.problems import Problem
    from gvtui.points.ways import Ending, Judgement, Way

SESSION_FILE = click.Path(path_type=Path, allow_dash=True)
"""A session file; `-` is standard input."""


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "the session starts and is traced, though there may be warnings",
        1: "it is refused or starts untraced, or the file cannot be read",
    },
    epilog=examples(
        "gvtui session check files.json",
        "gvtui session check files.json --gvisor 20240729",
        "gvtui session check --for pod-init /etc/gvtui-pod-init.json",
        "gvtui session check --json files.json | jq '.problems[]'",
    ),
)
@click.argument("file", type=SESSION_FILE, shell_complete=session_files)
@click.option(
    "--for",
    "wanted",
    type=click.Choice(["trace-create", "pod-init"]),
    multiple=True,
    help="How the file will be used; may be given twice. If not given: both ways, or trace-create "
    "alone for a bare session.",
)
@RUNSC_OPTION
@GVISOR_OPTION
@ARCH_OPTION
@JSON_OPTION
@click.pass_context
def check(
    ctx: click.Context,
    /,
    file: Path,
    wanted: tuple[Way, ...],
    binaries: tuple[str, ...],
    gvisor: str,
    architecture: str | None,
    as_json: bool,
) -> None:
    """Predict what a runsc, or each of several, does with a session file.

    A session can start in two ways: with `runsc trace create` in a running sandbox, or from a pod
    init file in containers that start later. Each way ends as one of: started and traced; started
    untraced, silently; refused. The check assumes that a monitor listens.
    """
    from gvtui.agent.pod_init import start_problems
    from gvtui.points.document import SessionError
    from gvtui.points.problems import Verdict
    from gvtui.points.ways import WAYS, Ending, Judgement, judge

    catalogues = find_catalogues(binaries, gvisor=gvisor, architecture=architecture)
    try:
        raw = _read(file)
        found = [judge(raw, catalogue) for catalogue in catalogues]
    except SessionError as error:
        refused = Ending(Verdict.REFUSED, str(error))
        both = Judgement(dict.fromkeys(WAYS, refused), tuple(error.problems), tuple(WAYS))
        found = [both] * len(catalogues)
    meant = wanted or found[0].meant
    problems = list(dict.fromkeys(each for one in found for each in one.problems))
    if "pod-init" in meant and found[0].session is not None:
        problems += start_problems(found[0].session)
    good = all(one.endings[way].verdict is Verdict.TRACED for one in found for way in meant)
    sources = [catalogue.source for catalogue in catalogues]
    _report(file, sources, found, meant, problems, good=good, as_json=as_json)
    ctx.exit(0 if good else 1)


def _report(
    file: Path,
    sources: Sequence[str],
    found: Sequence[Judgement],
    meant: Sequence[Way],
    problems: list[Problem],
    *,
    good: bool,
    as_json: bool,
) -> None:
    """Print how each way to start the session of a file ends with each runtime.

    Args:
        file: the file.
        sources: the runtimes.
        found: the verdict on the file for each runtime.
        meant: the ways that the file is for.
        problems: all problems that were found.
        good: whether all these ways end with a traced container.
        as_json: print JSON.
    """
    from gvtui.decode.escape import escape
    from gvtui.points.problems import errors
    from gvtui.points.ways import WAYS

    against = ", ".join(sources)
    if as_json:
        verdicts = [
            {"runsc": source, "way": way, "counts": way in meant, **one.endings[way].as_dict()}
            for source, one in zip(sources, found, strict=True)
            for way in WAYS
        ]
        said = [problem.as_dict() for problem in problems]
        values = {"file": str(file), "against": against, "valid": good}
        print_json({**values, "verdicts": verdicts, "problems": said})
        return
    print_problems(problems)
    for source, one in zip(sources, found, strict=True):
        for way, name in WAYS.items():
            ending = one.endings[way]
            whose = f", {source}" if len(sources) > 1 else ""
            why = f" ({ending.reason})" if ending.reason and not _is_told(ending, problems) else ""
            show(escape(f"{name}{whose}: {ending.verdict}{why}"))
    bad = errors(problems)
    counts = f"{counted(len(bad), 'error')}, {counted(len(problems) - len(bad), 'warning')}"
    show(escape(f"{file}: {counts if problems else 'good'}, against {against}"))


def _is_told(ending: Ending, problems: list[Problem]) -> bool:
    return any(ending.reason == str(problem) for problem in problems)


def _read(file: Path) -> bytes:
    from gvtui.points.document import MAX_BYTES, SessionError, read_bytes

    if str(file) != "-":
        return read_bytes(file)
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise SessionError(f"standard input has more than {MAX_BYTES >> 20} MiB: no session file")
    return raw
