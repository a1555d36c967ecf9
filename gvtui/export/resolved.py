"""What a call did, as an object for JSON: the process with its parents, the descriptor, bytes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from gvtui.query.facts import session_value

if TYPE_CHECKING:
    from gvtui.query.facts import ProcessFacts
    from gvtui.query.processes.process import Process
    from gvtui.query.resolved.call import ResolvedCall

_MOST_PARENTS = 64
"""How many parents are listed; the JSON says so where there are more."""


def resolved_document(call: ResolvedCall, row_id: int, facts: ProcessFacts) -> dict[str, Any]:
    """A call's object; what is not known is null.

    Args:
        call: the call.
        row_id: as of this row.
        facts: knows the exec session of its process.
    """
    described = call.description
    return {
        "name": call.name,
        "outcome": call.outcome.value,
        "enter": call.enter,
        "exit": call.exit,
        "duration_ns": call.duration_ns,
        "path": call.path or None,
        "given": call.given or None,
        "address": call.address or None,
        "bytes_in": call.bytes_in,
        "bytes_out": call.bytes_out,
        "fd": {
            "num": call.fd,
            "type": (described.kind.word or None) if described is not None else None,
            "path": (described.path or None) if described is not None else None,
        },
        "proc": _process_document(call.process, row_id, facts),
    }


def _process_document(
    process: Process | None, row_id: int, facts: ProcessFacts
) -> dict[str, Any] | None:
    if process is None:
        return None
    parents = list(islice(process.ancestors(), _MOST_PARENTS + 1))
    return {
        "pid": process.pid or None,
        "name": process.name or None,
        "args": process.args_at(row_id) or None,
        "parents": [
            {"pid": each.pid or None, "name": each.name or None} for each in parents[:_MOST_PARENTS]
        ],
        "has_more_parents": len(parents) > _MOST_PARENTS,
        "is_exec_session": facts.is_of_session(process),
        "exec_session": _session_document(facts.session_of(process)),
    }


def _session_document(top: Process | None) -> dict[str, Any] | None:
    """An exec session by its first process, whose command line is known only if somebody asked the
    sandbox."""
    if top is None:
        return None
    return {
        "id": session_value(top),
        "pid": top.pid or None,
        "name": top.name or None,
        "args": top.first_args or None,
        "tty": top.has_tty or None,
        "audit_id": top.audit_id or None,
    }
