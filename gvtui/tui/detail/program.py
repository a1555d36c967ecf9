"""What is known of the program of a row's process: where it came from, its digests, its descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.decode.events import NOTICE_SIGN
from gvtui.decode.origin import ANONYMOUS, Origin, mapping_origin
from gvtui.query.processes.notices import notice
from gvtui.tui.model.rowtext import word
from gvtui.wire.header import WireError
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.image import ProgramFile
    from gvtui.query.processes.process import Process
    from gvtui.tui.model.model import Model

MEANINGS = {
    Origin.IMAGE: "the image's own file",
    Origin.MODIFIED: "the image has another file of this name",
    Origin.NEW: "written since the start; perhaps in place of a file of the image",
    Origin.ELSEWHERE: "on a tmpfs, a mount, or a root file system without overlay",
    Origin.MEMORY: "a memfd, in no file system",
}
"""Each origin in a few more words."""


def program_lines(model: Model, row_id: int | None) -> tuple[tuple[str, str], ...]:
    """Names and values, escaped; none where nothing was told of the program."""
    processes, trace = model.analysis.processes, model.trace
    if row_id is None or not trace.first_row <= row_id < processes.position:
        return ()
    row = trace.row(row_id)
    mapped = _mapped_lines(model, row_id) if row.type == MessageType.SENTRY_MMAP else ()
    process = processes.tree.spans.at(row.conn, row.pid, row_id)
    if process is None:
        return mapped
    entry = model.analysis.context.facts.program(process, row_id)
    if entry is None or entry.image is None:
        return mapped
    image = entry.image
    lines = [("program", word(entry.path))]
    lines += _file_lines(image.file, has_digests=row.type != MessageType.SENTRY_EXEC)
    named = (("stdin", image.stdin), ("stdout", image.stdout), ("stderr", image.stderr))
    for name, stdio in named:
        if stdio is not None:
            lines.append((f"program's {name}", stdio.words + _other_end(process, name, stdio.kind)))
    if words := notice(processes.tree, process, entry):
        lines.append(("notice", f"{NOTICE_SIGN} {word(words)}"))
    return (*mapped, *lines)


def _mapped_lines(model: Model, row_id: int) -> tuple[tuple[str, str], ...]:
    """Where the mapped code of a row came from; nothing where that is not told."""
    try:
        message: Any = model.trace.decoded(row_id).message
    except (WireError, IndexError):
        return ()
    origin = mapping_origin(message)
    if origin is Origin.UNKNOWN:
        return ()
    is_anonymous = origin is Origin.MEMORY and not message.mapped_path
    meaning = ANONYMOUS if is_anonymous else MEANINGS[origin]
    return (("mapped code from", f"{origin.shown}   {meaning}"),)


def _other_end(process: Process, name: str, kind: str) -> str:
    other = {"stdin": process.pipe_from, "stdout": process.pipe_to}.get(name)
    if kind != "pipe" or other is None:
        return ""
    return f"   {'from' if name == 'stdin' else 'to'} pid {other.pid}"


def _file_lines(file: ProgramFile, *, has_digests: bool) -> Iterator[tuple[str, str]]:
    if file.origin is not Origin.UNKNOWN:
        yield "program from", f"{file.origin.shown}   {MEANINGS[file.origin]}"
    # The exec's own row has them among its fields.
    if has_digests:
        for name, digest in (("sha256", file.sha256), ("sha1", file.sha1)):
            if digest:
                yield f"program's {name}", digest
