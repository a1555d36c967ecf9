"""The columns of many states, of which each chunk lies in the file as often as it has changed.

A state has a table which tells where the chunks of its columns lie. From one state to the next most
of them stay where they are, so the table is in pages: of most, too, the state has only the place.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgpack
import numpy as np
import zstandard

from gvtui.query.column import RowColumn
from gvtui.query.kept.blocks import packed_places, read_block, unpacked_places
from gvtui.query.kept.framing import BrokenStateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.query.kept.blocks import BlockWriter, Found

    Read = Callable[[int, int, int], bytes]
    """Gives bytes of a state by its number, their offset and their size."""

PAGE = 64
"""How many chunks a page of the table tells of."""
_AS_IT_IS, _AS_STEPS = b"n", b"s"
"""How a block has a chunk: its numbers, or of each how far it is from the one before."""


class _Told:
    """What a table tells of one column."""

    def __init__(self) -> None:
        self.places: dict[int, Found] = {}
        self.pages: dict[int, bytes] = {}

    def follow(self, column: RowColumn, blocks: BlockWriter) -> None:
        """Write the chunks that have changed, and make the pages anew that tell of them."""
        known = column.known()
        changed = self.places.keys() ^ known
        changed |= set(column.touched())
        for chunk in sorted(changed):
            found = column.read(chunk)
            if found is None:
                self.places.pop(chunk, None)
            else:
                self.places[chunk] = blocks.add(_AS_IT_IS + found.tobytes(), _steps_of(found))
        pages = {chunk // PAGE for chunk in changed}
        for page in pages:
            self.pages.pop(page, None)
        for page, chunks in groupby(known, lambda chunk: chunk // PAGE):
            if page in pages:
                self.pages[page] = self._page(list(chunks))

    def _page(self, chunks: list[int]) -> bytes:
        numbers = np.array(chunks, "<u4").tobytes()
        places = packed_places([self.places[chunk] for chunk in chunks])
        packed: bytes = msgpack.packb([numbers, *places])
        return packed


class ChunkWriter:
    """Gives the tables of the columns of the states of one file, one after the other."""

    def __init__(self) -> None:
        self._told: WeakKeyDictionary[RowColumn, _Told] = WeakKeyDictionary()

    def pieces(self, columns: Sequence[RowColumn], blocks: BlockWriter) -> list[bytes]:
        """The pieces of the table of some columns.

        Args:
            columns: all that the state has; they are told by their places among these.
            blocks: takes the chunks that have changed.
        """
        counts, pages = [], []
        for column in columns:
            told = self._told.setdefault(column, _Told())
            told.follow(column, blocks)
            counts.append(len(told.pages))
            pages += [told.pages[page] for page in sorted(told.pages)]
        return [msgpack.packb(counts), *pages]


class ChunkReader:
    """Gives columns of the states of one file; which of their chunks are as they were written is found
    out once."""

    def __init__(self, read: Read, folders: Sequence[Path]) -> None:
        """Make it.

        Args:
            read: reads from the file.
            folders: as for `RowColumn`.
        """
        self._read = read
        self._folders = folders
        self._sound: set[int] = set()
        """What `_key` gives for the chunks that are as they were written."""
        self._looking: threading.Thread | None = None

    def columns(self, pieces: Sequence[Callable[[], bytes]]) -> list[dict[int, Found]]:
        """Where the chunks of the columns of a state lie, by their numbers.

        Args:
            pieces: give those of its table.

        Raises:
            BrokenStateError: they are none of a table.
        """
        try:
            first, *pages = pieces
            every = iter(pages)
            columns: list[dict[int, Found]] = []
            for count in msgpack.unpackb(first()):
                column: dict[int, Found] = {}
                for _ in range(count):
                    numbers, *places = msgpack.unpackb(next(every)())
                    chunks = np.frombuffer(numbers, "<u4").tolist()
                    column.update(zip(chunks, unpacked_places(places), strict=True))
                columns.append(column)
        except (
            *(ValueError, TypeError, LookupError, StopIteration),
            *(msgpack.UnpackException, zstandard.ZstdError),
        ) as error:
            raise BrokenStateError(f"a table of chunks: {error}") from error
        return columns

    def look(self, columns: Iterable[dict[int, Found]]) -> None:
        """Begin to find out, beside all else, whether chunks are as they were written."""
        self._wait()
        wanted = [each for column in columns for each in column.values()]
        if self._sound.issuperset(map(_key, wanted)):
            return
        thread = threading.Thread(target=self._look_at, args=(wanted,), daemon=True)
        # Where no further thread may begin, they are looked at when they are needed.
        with suppress(RuntimeError):
            thread.start()
            self._looking = thread

    def column(self, places: dict[int, Found]) -> RowColumn:
        """A column of chunks that are as they were written.

        Args:
            places: where they lie.

        Raises:
            BrokenStateError: one of them is not.
        """
        self._wait()
        wanted = list(places.values())
        self._look_at(wanted)
        if not self._sound.issuperset(map(_key, wanted)):
            raise BrokenStateError("a chunk is damaged")
        made = RowColumn(self._folders)
        plain = zstandard.ZstdDecompressor().decompress

        def chunk(number: int) -> bytes:
            try:
                block: bytes = plain(read_block(places[number], self._read))
            except (BrokenStateError, zstandard.ZstdError) as error:
                raise OSError(f"chunk {number} has changed in the file: {error}") from error
            return _numbers_of(block)

        made.lend(places, chunk)
        return made

    def _wait(self) -> None:
        if self._looking is not None:
            self._looking.join()
            self._looking = None

    def _look_at(self, places: Iterable[Found]) -> None:
        """Find out which of some chunks are as they were written."""
        for place in places:
            if _key(place) not in self._sound:
                with suppress(BrokenStateError, OSError, LookupError):
                    read_block(place, self._read)
                    self._sound.add(_key(place))


def _steps_of(chunk: npt.NDArray[np.int32]) -> bytes:
    """Numbers that ascend, as row ids do, have a block that is a hundredth of that of the numbers."""
    return _AS_STEPS + np.diff(chunk, prepend=np.int32(0)).tobytes()


def _numbers_of(block: bytes) -> bytes:
    """The bytes of a chunk's numbers."""
    if block[:1] == _AS_IT_IS:
        return block[1:]
    steps = np.frombuffer(block, np.int32, offset=1)
    return np.cumsum(steps, dtype=np.int32).tobytes()


def _key(place: Found) -> int:
    state, offset, *_ = place
    return state << 32 | offset
