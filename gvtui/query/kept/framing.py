"""The bytes of a section: its pieces one behind the other, each of them packed values."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgpack

from gvtui.query.kept.held import HeldPiece

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Stream = io.RawIOBase | io.BytesIO
    Pieces = Sequence[Callable[[], bytes]]

_SIZE_BYTES = 8
"""Bytes that tell the size of a piece."""
_OPTIONS: dict[str, Any] = {
    "use_list": False,
    "strict_map_key": False,
    "unicode_errors": "surrogatepass",
}


class NotKeptError(ValueError):
    """There is something among the values that this does not write."""


class BrokenStateError(ValueError):
    """The bytes are no state of these parts."""


def framed(pieces: Iterable[bytes | HeldPiece]) -> Iterator[bytes]:
    """The pieces of a section one behind the other, each after its size: as `unframed` reads them."""
    for each in pieces:
        piece = each() if isinstance(each, HeldPiece) else each
        yield len(piece).to_bytes(_SIZE_BYTES, "little")
        yield piece


def unframed(data: Stream) -> list[Callable[[], bytes]]:
    """The pieces of a section that `framed` has put one behind the other.

    Raises:
        BrokenStateError: they end within one.
    """
    pieces: list[Callable[[], bytes]] = []
    while front := data.read(_SIZE_BYTES):
        size = int.from_bytes(front, "little")
        try:
            piece = data.read(size)
        except (OverflowError, MemoryError) as error:
            raise BrokenStateError(f"a piece of {size} bytes") from error
        if piece is None or len(front) != _SIZE_BYTES or len(piece) != size:
            raise BrokenStateError("a piece is cut off")
        pieces.append(partial(bytes, piece))
    return pieces


def packed_value(value: object) -> bytes:
    """A value as bytes.

    Raises:
        NotKeptError: it cannot be written.
    """
    try:
        packed: bytes = msgpack.packb(value, unicode_errors="surrogatepass")
    except (OverflowError, TypeError, ValueError) as error:
        raise NotKeptError(str(error)) from error
    return packed


def unpacked_value(contents: bytes) -> Any:  # noqa: ANN401
    """The value that `packed_value` has made bytes of; of other bytes, what msgpack raises."""
    return msgpack.unpackb(contents, **_OPTIONS)
