"""Finds the searches among a process's execs: one program tried in folder after folder of PATH."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.decode.errno_names import errno_name
from gvtui.decode.outcome import ExecOutcome
from gvtui.query.processes.process import MAX_EXECS
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.query.processes.process import Exec, Process

_GOES_ON = frozenset(
    (
        0,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EACCES,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENODEV,
        errno.ESTALE,
        errno.ETIMEDOUT,
    )
)
"""The errors after which a search tries the next folder, as execvp(3) and shells do; 0 for one that
the sandbox does not send."""
_NO_FILE = frozenset((errno.ENOENT, errno.ENOTDIR))
"""The errors that say that there was no such file."""
_MAX_NAMING = 3
"""How many arguments may name what runs: those of a script begin with its interpreter's."""


@dataclass(frozen=True, slots=True)
class ProgramSearch:
    """Execs of one thread, one directly after the other, of programs of one name in several
    folders, with the same arguments, each of which failed with an error after which a search goes
    on, or with one that the sandbox does not send: gVisor of 2026 sends none. A folder that PATH
    names twice is tried twice.
    """

    tries: tuple[Exec, ...]
    """In the order of their rows."""
    then: Exec | None
    """The exec of the same name that ended the search; None if the thread gave up, or has not gone
    on yet."""

    @property
    def folders(self) -> set[str]:
        """Those in which the program was tried."""
        return {entry.path.rpartition("/")[0] for entry in self.tries}

    @property
    def is_found(self) -> bool:
        """Whether the program ran in the end."""
        return self.then is not None and self.then.outcome is ExecOutcome.DONE

    @property
    def words(self) -> str:
        """How it went; not escaped."""
        return self._words(tells_errors=True)

    @property
    def bare_words(self) -> str:
        """The same as of a sandbox that sends no errors; not escaped."""
        return self._words(tells_errors=False)

    def _words(self, *, tells_errors: bool) -> str:
        is_told = tells_errors and self.tries[0].errno != 0
        if is_told:
            failed = self._errors()
        else:
            failed = f"failed in {counted(len(self.folders), 'folder')}, errors not sent"
        if self.then is None:
            had_none = is_told and all(entry.errno in _NO_FILE for entry in self.tries)
            return f"nowhere: {failed}" if had_none else failed
        if self.is_found:
            as_what = f"ran as {self.then.path or '(path not told)'}"
            return f"{as_what} after {failed}" if is_told else f"{failed}, then {as_what}"
        if self.then.outcome is ExecOutcome.ASKED:
            return f"{failed}; nothing tells whether it started as {self.then.path}"
        has_error = tells_errors and self.then.errno
        error = errno_name(self.then.errno) if has_error else "an error that is not sent"
        return f"{failed}, then {error} at {self.then.path}"

    def _errors(self) -> str:
        """The errors that were met, in their order, each with the folders or the one path."""
        paths: dict[int, dict[str, None]] = {}
        for entry in self.tries:
            paths.setdefault(entry.errno, {})[entry.path] = None
        parts = []
        for error, own in paths.items():
            is_one = len(own) == 1 and error != errno.ENOENT
            where = f"at {next(iter(own))}" if is_one else f"in {counted(len(own), 'folder')}"
            parts.append(f"{errno_name(error)} {where}")
        return ", ".join(parts)


def searches_of(process: Process) -> Iterator[ProgramSearch]:
    """The searches of a process: of several folders, or of one before the program was found."""
    by_thread: dict[int, list[Exec]] = {}
    for entry in sorted(process.execs, key=lambda each: each.row):
        by_thread.setdefault(entry.tid, []).append(entry)
    # Of a process with more execs than are kept, those that are forgotten came after the first.
    parted = process.execs[0] if len(process.execs) >= MAX_EXECS else None
    for own in by_thread.values():
        start = 0
        while start < len(own):
            stop = _end_of(own, start, parted)
            tries, after = own[start:stop], own[stop] if stop < len(own) else None
            start = max(stop, start + 1)
            if not tries or tries[-1] is parted:
                continue
            then = after if after is not None and _is_same_program(tries[0], after) else None
            search = ProgramSearch(tuple(tries), then)
            is_elsewhere = then is not None and then.path.rpartition("/")[0] not in search.folders
            if len(search.folders) > 1 or (search.is_found and is_elsewhere):
                yield search


def _end_of(execs: Sequence[Exec], start: int, parted: Exec | None) -> int:
    """The place after the last exec of the search that begins at a place; that place for none."""
    first, stop = execs[start], start
    while stop < len(execs) and _is_try(execs[stop]) and _are_alike(first, execs[stop]):
        stop += 1
        if execs[stop - 1] is parted:
            break
    return stop


def _is_try(entry: Exec) -> bool:
    goes_on = entry.errno in _GOES_ON
    return entry.outcome is ExecOutcome.FAILED and goes_on and bool(entry.path)


def _are_alike(one: Exec, other: Exec) -> bool:
    return (_name(one.path), one.errno == 0, one.args[1:]) == (
        _name(other.path),
        other.errno == 0,
        other.args[1:],
    )


def _is_same_program(tried: Exec, entry: Exec) -> bool:
    """Whether an exec is of the program that was tried: where that is a script or a link, gVisor
    tells the path of what ran instead, and the arguments tell the name."""
    return _name(tried.path) in {_name(text) for text in (entry.path, *entry.args[:_MAX_NAMING])}


def _name(path: str) -> str:
    return path.rpartition("/")[2]
