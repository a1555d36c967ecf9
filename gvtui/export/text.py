"""Exports messages as text, one line each, as gVisor's example server prints them.

`E Open sysno: 257 fd: -100 pathname: "/etc/passwd"` for an enter, `X Open exit { result: 3 } ...` for
an exit, `CloneInfo => created_thread_id: 2` for other events: the fields in protobuf's text format,
with every byte that is not printable ASCII escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import text_format

from gvtui.decode.escape import escape
from gvtui.export.repeats import RepeatedTexts
from gvtui.trace.marks import LostMark, read_mark
from gvtui.trace.row import Flag, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import Unknown, decode, direction
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from gvtui.export.selection import Selection
    from gvtui.trace.row import Row
    from gvtui.wire.messages import Decoded

_MOST_UNKNOWN = 16 << 10
"""Bytes of unknown fields that are shown of one message."""

_EVENTS = {Kind.OPENED: "Connection accepted", Kind.CLOSED: "Connection closed"}


class TextExport:
    """Writes the chosen rows of a trace as lines of text."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._texts = RepeatedTexts(message_line, "context_data { time_ns: ")

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Lines, without their ends, of the rows from `start` to before `stop`.

        Drops have no line, and of marks only those that tell of a loss.
        """
        trace = self._selection.trace
        for row_id in self._selection.row_ids(start, stop):
            row = trace.row(row_id)
            if row.kind == Kind.MESSAGE:
                yield self._line(row_id, row)
            elif row.kind in _EVENTS:
                yield _EVENTS[Kind(row.kind)]
            elif row.kind == Kind.MARK:
                mark = read_mark(trace.details(row_id))
                if isinstance(mark, LostMark):
                    yield f"Lost => {escape(mark.text)}"

    def _line(self, row_id: int, row: Row) -> str:
        datagram = b""
        try:
            datagram = self._selection.trace.payload(row_id)
            if not row.flags:
                return self._texts.text(datagram, row.time_ns)
        except WireError as error:
            self._selection.trace.note_unreadable(row_id)
            return _malformed_line(error, datagram)
        return datagram_line(datagram, row.result if row.flags & Flag.TRUNCATED else None)


def message_line(decoded: Decoded) -> str:
    """The line of one message; `Unknown(type=77) => payload: 0a0b` for a type that is not known."""
    message = decoded.message
    if decoded.kind is None or isinstance(message, Unknown):
        raw = message.payload if isinstance(message, Unknown) else b""
        return f"{message} => payload: {raw.hex()}".rstrip()
    # Of fields within each other, each level is parsed, and held, anew.
    left_out = _unknown_bytes(message)
    fields = text_format.MessageToString(
        message, as_one_line=True, as_utf8=False, print_unknown_fields=not left_out
    )
    if left_out:
        fields += f" # {counted(left_out, 'byte')} of unknown fields left out"
    side = direction(decoded.kind, message)
    head = f"{side} {decoded.kind.name}" if side else f"{decoded.kind.name} =>"
    return f"{head} {fields}".rstrip()


def datagram_line(datagram: bytes, real_size: int | None = None) -> str:
    """The line of a message as it came, whatever it is.

    A message that cannot be read gives `Malformed => reason: "..." bytes: 0a0b`, one of which only
    the beginning was received `Truncated => size: 2097160 bytes: 0a0b`.

    Args:
        datagram: the bytes that were received.
        real_size: the message's full size in bytes, if `datagram` is only its beginning.
    """
    if real_size is not None:
        return f"Truncated => size: {real_size} bytes: {datagram.hex()}".rstrip()
    try:
        return message_line(decode(datagram))
    except WireError as error:
        return _malformed_line(error, datagram)


def _malformed_line(error: WireError, datagram: bytes) -> str:
    return f'Malformed => reason: "{error}" bytes: {datagram.hex()}'.rstrip()


def _unknown_bytes(message: Message) -> int:
    """The bytes of a message's unknown fields, where they are too many to be shown; else 0."""
    size = message.ByteSize()
    if size <= _MOST_UNKNOWN:
        return 0
    known: Any = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    unknown: int = size - known.ByteSize()
    return unknown if unknown > _MOST_UNKNOWN else 0
