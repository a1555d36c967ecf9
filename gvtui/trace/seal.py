"""The seal of a recording: a chain of hashes over its segments, in a file beside it.

Each link is the SHA-256 of the link before and of what the segment is: its name, place, size and
SHA-256. So the last link stands for the whole recording. Who keeps it elsewhere can tell later
whether anything was changed, the seal included. A large segment has a link for every 64 MiB.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gvtui.files import open_to_read, read_up_to, write_whole
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source, size_of
from gvtui.trace.header import are_being_written
from gvtui.trace.records import TraceError
from gvtui.trace.scanning import Begin, scan_log
from gvtui.trace.window import Window
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvtui.trace.rebuild import Progress

_SCHEMA, _VERSION = "gvtui-seal", 1
_START = hashlib.sha256(b"gvtui seal").hexdigest()
_SHA256 = re.compile("[0-9a-f]{64}")
_PIECE = 4 << 20
_MOST_LINK = 64 << 20
"""Bytes of the longest part that one link stands for."""
_MAX_FILE = 64 << 20


@dataclass(frozen=True, slots=True)
class SealLink:
    """A part of a log, and the chain up to it."""

    log: str
    """The name of its file; "" for a recording's only one."""
    offset: int
    size: int
    sha256: str
    chain: str
    """SHA-256 over the link before and the fields above, in hex."""

    @property
    def words(self) -> str:
        """The part in words."""
        where = f" of {self.log}" if self.log else ""
        return f"bytes {self.offset:,} to {self.offset + self.size:,}{where}"


@dataclass(frozen=True, slots=True)
class SealedDifference:
    """The first part that is not what was sealed."""

    words: str
    """What differs, as a sentence without full stop."""
    segment: int
    """Which link of the seal it is, from 1; one more than there are if something was added."""


def seal_path(path: Path) -> Path:
    """The file of a recording's seal: beside a file, within a folder."""
    return path / "seal.json" if path.is_dir() else path.with_name(f"{path.name}.seal")


def seal(path: Path, *, progress: Progress | None = None) -> list[SealLink]:
    """Write the seal of a recording.

    Args:
        path: a recording, a flight recorder's folder, or a save file of gVisor's.
        progress: called with bytes done and bytes in all.

    Returns:
        Its links; the last one stands for all.

    Raises:
        TraceError: the recording is written now, is sealed already, or cannot be read; or the seal
            cannot be written.
    """
    place = seal_path(path)
    if os.path.lexists(place):
        raise TraceError(f"{place} exists already; verify it, or move it away")
    try:
        logs = _logs(path)
        if are_being_written([log for _, log in logs]):
            raise TraceError(f"{path} is being written; seal it when its writer has ended")
        links = list(_links(logs, _parts(logs), progress))
    except OSError as error:
        named = error.filename or path
        raise TraceError(f"cannot read {named}: {error.strerror or error}") from error
    document = {
        "schema": _SCHEMA,
        "version": _VERSION,
        "file": path.resolve().name,
        "segments": [asdict(link) for link in links],
    }
    try:
        write_whole(place, (json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        raise TraceError(f"cannot write {place}: {error.strerror or error}") from error
    return links


def read_seal(path: Path) -> list[SealLink]:
    """The seal of a recording.

    Raises:
        TraceError: there is none, or it is none of gvtui's.
    """
    place = seal_path(path)
    try:
        with open_to_read(place) as file:
            data = read_up_to(file, _MAX_FILE)
    except FileNotFoundError as error:
        raise TraceError(f"{path} has no seal: there is no {place}") from error
    except OSError as error:
        raise TraceError(f"cannot read {place}: {error.strerror or error}") from error
    try:
        document = json.loads(data)
        if document["schema"] != _SCHEMA or document["version"] != _VERSION:
            raise TraceError(f"{place} was written by another version")
        links = [_link(values) for values in document["segments"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TraceError(f"{place} is no seal that can be read") from error
    if not links or not _follow_each_other(links):
        raise TraceError(f"{place} is no seal that can be read")
    return links


def _follow_each_other(links: list[SealLink]) -> bool:
    """Whether each part begins where the one before ends: no byte is read for two links."""
    ends: dict[str, int] = {}
    for link in links:
        if link.offset != ends.get(link.log, 0):
            return False
        ends[link.log] = link.offset + link.size
    return True


def verify(
    path: Path, expected: str = "", *, progress: Progress | None = None
) -> SealedDifference | None:
    """Compare a recording with its seal.

    Args:
        path: as for `seal`.
        expected: the last link's chain, or its beginning, as somebody has kept it; "" to believe
            the seal.
        progress: called with bytes done and bytes in all.

    Returns:
        The first part that differs; None if the recording is what was sealed.

    Raises:
        TraceError: there is no seal, or the recording cannot be read.
    """
    sealed = read_seal(path)
    try:
        logs = _logs(path)
        parts = [(link.log, link.offset, link.size) for link in sealed]
        found = _links(logs, parts, progress)
        for number, link in enumerate(sealed, 1):
            now = next(found)
            if not now.sha256:
                return SealedDifference(f"{link.words} are not all there any more", number)
            if now.sha256 != link.sha256:
                return SealedDifference(f"{link.words} are not what was sealed", number)
            if now.chain != link.chain:
                return SealedDifference(f"the seal itself was changed, at segment {number}", number)
        if more := _added(logs, sealed):
            return SealedDifference(more, len(sealed) + 1)
    except OSError as error:
        named = error.filename or path
        raise TraceError(f"cannot read {named}: {error.strerror or error}") from error
    last = sealed[-1].chain
    if not last.startswith(expected.lower()):
        words = f"the seal is another one: it ends with {last}"
        return SealedDifference(words, len(sealed))
    return None


def _link(values: dict[str, Any]) -> SealLink:
    link = SealLink(**values)
    texts, numbers = (link.log, link.sha256, link.chain), (link.offset, link.size)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("not a text")
    if not _SHA256.fullmatch(link.sha256):
        raise ValueError("not a hash")
    if not all(type(number) is int and 0 <= number < 1 << 63 for number in numbers):
        raise ValueError("not a place")
    return link


def _logs(path: Path) -> list[tuple[str, Path]]:
    """The logs of a recording with their names in the seal."""
    return [(log.name if path.is_dir() else "", log) for log in files.logs_of(path)]


def _parts(logs: list[tuple[str, Path]]) -> Iterator[tuple[str, int, int]]:
    """Name, offset and size of each part: a segment, or a piece of a large one."""
    for name, log in logs:
        with opened_source(log) as source:
            size = source.size
            begins = [
                item.position for item in scan_log(Window(source, size)) if isinstance(item, Begin)
            ]
        borders = sorted({0, *begins, size})
        for start, stop in pairwise(borders):
            for offset in range(start, stop, _MOST_LINK):
                yield name, offset, min(_MOST_LINK, stop - offset)
        if not size:
            yield name, 0, 0


def _links(
    logs: list[tuple[str, Path]],
    parts: Iterator[tuple[str, int, int]] | list[tuple[str, int, int]],
    progress: Progress | None,
) -> Iterator[SealLink]:
    """The chain over parts, as the logs are now."""
    places = dict(logs)
    total = sum(size_of(log) for _, log in logs)
    chain, done = _START, 0
    for name, offset, size in parts:
        digest = _digest(places.get(name), offset, size)
        told = json.dumps([chain, name, offset, size, digest]).encode()
        chain = hashlib.sha256(told).hexdigest()
        yield SealLink(name, offset, size, digest, chain)
        done += size
        if progress:
            progress(min(done, total), total)


def _digest(log: Path | None, offset: int, size: int) -> str:
    """SHA-256 of a part; "" where it is not all there."""
    if log is None:
        return ""
    digest, left = hashlib.sha256(), size
    with opened_source(log) as source:
        while left and (piece := source.pread(min(_PIECE, left), offset)):
            digest.update(piece)
            left -= len(piece)
            offset += len(piece)
    return digest.hexdigest() if not left else ""


def _added(logs: list[tuple[str, Path]], sealed: list[SealLink]) -> str:
    """What there is that was not sealed; "" for nothing."""
    ends: dict[str, int] = {}
    for link in sealed:
        ends[link.log] = max(ends.get(link.log, 0), link.offset + link.size)
    for name, log in logs:
        if name not in ends:
            return f"{name} was added after the seal"
        if (more := size_of(log) - ends[name]) > 0:
            return f"{counted(more, 'byte was', 'bytes were')} added after the seal" + (
                f" to {name}" if name else ""
            )
    return ""
