"""Puts lines together that are of runs of one command: exec sessions, and what they executed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.query.processes.rows import processes_filter
from gvtui.query.processes.runs import LEAST, repeated_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.processes.tree import ProcessTree

_PID = re.compile(r"\(pid [0-9]+\)|\bpid [0-9]+")
_IN_SESSIONS = "(in exec sessions)"


def fold_sessions(tree: ProcessTree, lines: Iterable[ActivityLine]) -> list[ActivityLine]:
    """The lines of exec sessions, with one for those that are over and did the same."""
    line_of = {line.session: line for line in lines}
    runs = repeated_runs(tree, filter(None, map(tree.get, line_of)))
    together = {top.number for tops in runs.values() for top in tops}
    alone = [line for number, line in line_of.items() if number not in together]
    for key, tops in runs.items():
        inner = tuple(line_of[top.number] for top in tops)
        behind = Behind(
            min(line.behind.first for line in inner),
            max(line.behind.last for line in inner),
            sum(line.behind.count for line in inner),
            None,
            text=processes_filter(tree, tops),
        )
        words = f"{len(tops):,} runs of {key.words}"
        details = "exec sessions" + ", tty" * key.has_tty
        alone.append(ActivityLine(words, behind, details, folded=len(tops), inner=inner))
    return alone


def fold_programs(lines: Iterable[ActivityLine]) -> list[ActivityLine]:
    """Lines of programs, with one for those that differ only in the exec session that they ran
    in."""
    alike: dict[tuple[str, str], list[ActivityLine]] = {}
    found: list[ActivityLine] = []
    for line in lines:
        if line.session:
            details = _PID.sub(_IN_SESSIONS, line.details)
            alike.setdefault((line.what, details), []).append(line)
        else:
            found.append(line)
    for (what, details), own in alike.items():
        if len(own) < LEAST:
            found += own
            continue
        behind = Behind()
        for line in own:
            behind.join(line.behind)
        words = f"{len(own):,} runs of {what}"
        inner = tuple(own)
        found.append(
            replace(
                own[0], what=words, behind=behind, details=details, folded=len(own), inner=inner
            )
        )
    return found
