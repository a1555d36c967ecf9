"""Has the complete segments of flight recorders compressed, one at a time, by another process.

Whoever writes the trace opens the files, old and new, and puts the new ones in place; the other
process only reads and writes what it is given. Each of a segment's two files is replaced in one
step, and either kind of either file can be read beside either kind of the other. So a trace can be
opened whenever its writer is killed, and no row is missing. What a killed writer leaves behind is
removed as unfinished files are (`gvtui.files`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gvtui.files import unfinished_path
from gvtui.trace import files
from gvtui.trace.bytesource import source_of
from gvtui.trace.frames import FramesNote, packed_frames
from gvtui.trace.row import ROW_SIZE
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gvtui.trace.flight import Flight

LOG_FRAME_BYTES = 256 << 10
"""Plain bytes of log in a frame."""
INDEX_FRAME_BYTES = 2048 * ROW_SIZE
"""Plain bytes of index in a frame."""

LEAST_PARTS = 2
"""A file that does not become smaller by this factor stays plain."""

MOST_TRIES = 2
"""How often a segment is begun with: whatever ends the process each time must not keep the others from
their turn."""

_PIECE = 1 << 20


class ShrinkAnswer(NamedTuple):
    """What has become of a segment."""

    is_done: bool
    problem: str = ""
    """Why it stays plain; "" if it only did not become much smaller."""


class Shrinks(Protocol):
    """Another process that compresses."""

    @property
    def is_ready(self) -> bool:
        """Whether it can begin with a segment."""

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""

    def begin(self, opened: Sequence[int]) -> None:
        """Have a segment compressed: its log, the new log, its index, the new index; the
        descriptors stay the caller's.

        Raises:
            OSError: it cannot be asked.
        """

    def answer(self) -> ShrinkAnswer | None:
        """What has become of the segment, once; None while that is not known."""

    def forget(self) -> None:
        """Take no interest in the answer any more."""


class Former(Protocol):
    """Traces that nobody writes any more."""

    def next(self) -> Path | None:
        """The log of a segment that is complete and not compressed, each once; None if there is none
        that nobody else has locked, or not before it is asked again."""

    def may_change(self, log: Path) -> bool:
        """Whether nobody has locked the trace of a log meanwhile."""


class _InWork(NamedTuple):
    number: int | None
    """In this recorder; None for a segment of another one."""
    plain: tuple[Path, Path]
    """Its log and its index."""
    made: tuple[Path, Path]
    """What is made of them."""
    identity: tuple[tuple[int, int], ...]
    fds: tuple[int, ...]


class Shrinking:
    """The segments of a flight recorder that are to be compressed."""

    def __init__(
        self,
        folder: Path,
        flight: Flight,
        compressor: Shrinks,
        resized: Callable[[int, int], None],
        former: Former | None = None,
    ) -> None:
        """Begin with none of its own.

        Args:
            folder: the segments' folder.
            flight: the recorder.
            compressor: does the work; stays the caller's.
            resized: called with the number of a segment and the bytes that it takes now.
            former: of which segments are compressed when there is none of its own.
        """
        self._folder = folder
        self._flight = flight
        self._compressor = compressor
        self._resized = resized
        self._former = former
        self._next_former: Path | None = None
        self._waiting: list[int] = []
        self._tries: Counter[int] = Counter()
        self._work: _InWork | None = None
        self._told = ""

    def add(self, number: int) -> None:
        """Have a segment compressed that is complete."""
        self._forget_gone()
        self._waiting.append(number)

    def _forget_gone(self) -> None:
        self._waiting = [number for number in self._waiting if self._flight.holds(number)]

    def look(self) -> str:
        """Go on, without waiting; to be called now and then.

        Returns:
            A sentence for the user, without full stop; "" if there is nothing new to tell.
        """
        problem = self._finish()
        if self._work is not None and self._compressor.is_gone:
            problem = self._put_back(self._work)
        if self._work is None and self._compressor.is_ready:
            problem = self._begin() or problem
        told, self._told = self._told, problem or self._told
        return problem if problem != told else ""

    def _put_back(self, work: _InWork) -> str:
        """Have a segment wait again whose process has ended; the reason if it does not."""
        self._give_up()
        number = work.number
        if number is None:
            return ""
        self._tries[number] += 1
        if self._tries[number] >= MOST_TRIES:
            return (
                f"{work.plain[0]} stays as it is: the process that compresses it has ended "
                f"{counted(self._tries.pop(number), 'time')}"
            )
        self._waiting.append(number)
        return ""

    def _begin(self) -> str:
        """Begin with the youngest that waits: it stays longest; or else with one of another."""
        self._forget_gone()
        number = self._waiting[-1] if self._waiting else None
        if number is not None:
            log = files.segment_path(self._folder, number)
        else:
            if self._next_former is None and self._former is not None:
                self._next_former = self._former.next()
            if self._next_former is None:
                return ""
            log = self._next_former
        plain = (log, files.index_path(log))
        fds: list[int] = []
        made: list[Path] = []
        try:
            size = sum(path.stat().st_size for path in plain)
            if not self._flight.has_room_beside(size // LEAST_PARTS):
                return ""
            if number is not None:
                self._waiting.pop()
            else:
                self._next_former = None
            for path in plain:
                fds.append(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
                made.append(unfinished_path(path))
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                fds.append(os.open(made[-1], flags, 0o600))
                fcntl.flock(fds[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._compressor.begin(fds)
        except OSError as error:
            _let_go(fds, made)
            if number is None:
                self._next_former = None
            return self._told_of(number, log, error)
        identity = tuple(_identity(os.fstat(fd)) for fd in fds[::2])
        self._work = _InWork(number, plain, (made[0], made[1]), identity, tuple(fds))
        return ""

    @staticmethod
    def _told_of(number: int | None, log: Path, error: OSError) -> str:
        """Why a segment is not compressed; "" for one of another recorder that has gone meanwhile."""
        if number is None and isinstance(error, FileNotFoundError):
            return ""
        return f"cannot compress {log}: {error.strerror or error}"

    def _finish(self) -> str:
        """Put in place what has been made."""
        work = self._work
        answer = self._compressor.answer() if work is not None else None
        if work is None or answer is None:
            return ""
        try:
            if answer.is_done and self._is_there(work):
                for made, plain in zip(work.made, work.plain, strict=True):
                    made.replace(plain)
                if work.number is not None:
                    self._resized(work.number, sum(p.stat().st_size for p in work.plain))
        except OSError as error:
            return self._told_of(work.number, work.plain[0], error)
        finally:
            self._give_up()
        return f"cannot compress {work.plain[0]}: {answer.problem}" if answer.problem else ""

    def _is_there(self, work: _InWork) -> bool:
        """Whether a segment was neither let go meanwhile, nor removed, nor moved away."""
        with contextlib.suppress(FileNotFoundError):
            there = tuple(_identity(path.lstat()) for path in work.plain)
            return self._may_change(work) and there == work.identity
        return False

    def _may_change(self, work: _InWork) -> bool:
        if work.number is not None:
            return self._flight.holds(work.number)
        return self._former is not None and self._former.may_change(work.plain[0])

    def _give_up(self) -> None:
        """Forget what is in work."""
        work, self._work = self._work, None
        if work is not None:
            _let_go(work.fds, work.made)

    def close(self) -> None:
        """Leave all that waits as it is."""
        self._waiting.clear()
        if self._work is not None:
            self._compressor.forget()
        self._give_up()


def _identity(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino


def _let_go(fds: Sequence[int], made: Sequence[Path]) -> None:
    for fd in fds:
        os.close(fd)
    for path in made:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def shrink_files(plain: Sequence[Path], made: Sequence[Path], *, synced: bool = True) -> bool:
    """Write a segment that nobody writes once more, compressed, into new files.

    Args:
        plain: its log and its index.
        made: where the compressed ones are written; there are no files of these names.
        synced: whether they must be on the disk itself.

    Returns:
        As `shrink_segment`; where it is False the new files are of no use.

    Raises:
        OSError: a file cannot be read or written.
        EOFError: one became shorter meanwhile.
    """
    with contextlib.ExitStack() as stack:
        fds = []
        for old, new in zip(plain, made, strict=True):
            for path, flags in ((old, os.O_RDONLY), (new, os.O_RDWR | os.O_CREAT | os.O_EXCL)):
                fds.append(os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
                stack.callback(os.close, fds[-1])
        return shrink_segment(*fds, synced=synced)


def shrink_segment(
    log: int, new_log: int, index: int, new_index: int, *, synced: bool = True
) -> bool:
    """Compress both files of a segment, and read back what was written.

    Args:
        log: the descriptor of its log.
        new_log: where the compressed one is written.
        index: the descriptor of its index.
        new_index: where the compressed one is written.
        synced: whether both must be on the disk itself.

    Returns:
        Whether both have become much smaller, and hold the same.

    Raises:
        OSError: a file cannot be read or written.
        EOFError: one became shorter meanwhile.
    """
    done = _shrink(log, new_log, LOG_FRAME_BYTES, 0)
    done = done and _shrink(index, new_index, INDEX_FRAME_BYTES, ROW_SIZE)
    for made in (new_log, new_index) if done and synced else ():
        os.fsync(made)
    return done


def _shrink(plain: int, made: int, frame_bytes: int, width: int) -> bool:
    size = os.fstat(plain).st_size
    written = 0
    note = FramesNote(size, frame_bytes, width)
    for piece in packed_frames(lambda count, offset: os.pread(plain, count, offset), note):
        written += len(piece)
        if written * LEAST_PARTS > size:
            return False
        left = memoryview(piece)
        while left:
            left = left[os.write(made, left) :]
    source = source_of(os.dup(made))
    try:
        return source.size == size and all(
            source.pread(_PIECE, offset) == os.pread(plain, _PIECE, offset)
            for offset in range(0, size, _PIECE)
        )
    finally:
        source.close()
