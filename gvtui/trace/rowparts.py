"""Makes the two parts of a row: from a message's context data, and from its other fields."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf.message import DecodeError

from gvtui.points.names import is_listed_point, point_name
from gvtui.trace.row import ERRNO_OTHER, NO_FD, NO_SYSNO, NO_UID, Direction, Flag, Kind
from gvtui.wire.messages import KINDS, MessageKind
from gvtui.wire.messagetype import MessageType
from gvtui.wire.sockaddr import parse_sockaddr

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from gvtui.trace.strings import StringTable
    from gvtui.wire.pb import common_pb2

_CONTEXT = struct.Struct("<iiIII")
_REST = struct.Struct("<qiIIiHHBBBB")

NO_CONTEXT = _CONTEXT.pack(0, 0, 0, 0, NO_UID)
"""The context part of a row that has no context data."""


class RowPieces(NamedTuple):
    """The parts of a message's row."""

    time_ns: int
    context: bytes
    rest: bytes


class _Shape:
    """Which of the fields that rows need exist in a message class."""

    __slots__ = ("fd_field", "has_address", "has_sysno", "kind", "path_fields")

    def __init__(self, kind: MessageKind) -> None:
        fields = kind.message_class.DESCRIPTOR.fields_by_name
        self.kind = kind
        self.has_sysno = "sysno" in fields
        self.has_address = "address" in fields
        self.fd_field = next((name for name in ("fd", "old_fd") if name in fields), None)
        wanted = ("pathname", "fd_path", "binary_path", "mapped_path")
        self.path_fields = [name for name in wanted if name in fields]


_SHAPES = {number: _Shape(kind) for number, kind in KINDS.items()}


def _clamp(value: int, low: int, high: int, otherwise: int) -> int:
    return value if low <= value <= high else otherwise


def event_rest(kind: Kind, result: int = 0) -> bytes:
    """The second part of a row that is not a message."""
    return _REST.pack(result, NO_FD, 0, 0, NO_SYSNO, 0, 0, kind, 0, 0, 0)


class RowParts:
    """Makes the parts of rows; strings are replaced by their numbers."""

    def __init__(self, strings: StringTable, architecture: str) -> None:
        self._strings = strings
        self._architecture = architecture

    def parse(self, message_type: int, payload: bytes) -> RowPieces:
        """Both parts of a message's row, for any payload."""
        shape = _SHAPES.get(message_type)
        if shape is None:
            point = self._strings.number(point_name(message_type, 0, None, self._architecture))
            return RowPieces(0, NO_CONTEXT, self._odd(point, message_type, Flag.UNKNOWN_TYPE))
        try:
            message: Any = shape.kind.message_class.FromString(payload)
        except DecodeError:
            return RowPieces(0, NO_CONTEXT, self.malformed(message_type))
        context_data = message.context_data
        container = context_data.container_id
        if not container and message_type == MessageType.CONTAINER_START:
            container = message.id
        return RowPieces(
            context_data.time_ns,
            self.context(context_data, container),
            self._rest(shape, message),
        )

    def truncated(self, message_type: int, real_size: int) -> bytes:
        """The second part of a message of which only the beginning was received."""
        point = self._strings.number("truncated", is_given=True)
        return self._odd(point, message_type, Flag.TRUNCATED, real_size)

    def malformed(self, message_type: int) -> bytes:
        """The second part of a message whose header or payload cannot be decoded."""
        point = self._strings.number("malformed", is_given=True)
        return self._odd(point, message_type, Flag.MALFORMED)

    @staticmethod
    def _odd(point: int, message_type: int, flag: Flag, result: int = 0) -> bytes:
        fields = (result, NO_FD, 0, point, NO_SYSNO, 0, message_type, Kind.MESSAGE, 0)
        return _REST.pack(*fields, flag, 0)

    def context(self, context_data: common_pb2.ContextData, container: str) -> bytes:
        """The first part; `container` is the container ID to use."""
        number = self._strings.number
        uid = context_data.credentials.real_uid if context_data.HasField("credentials") else NO_UID
        return _CONTEXT.pack(
            context_data.thread_group_id,
            context_data.thread_id,
            number(context_data.process_name),
            number(container),
            uid,
        )

    def rest(self, message_type: int, tail: bytes) -> bytes | None:
        """The second part, from a message's bytes without context data; None if they contain
        context data after all, or cannot be decoded."""
        shape = _SHAPES[message_type]
        try:
            message: Any = shape.kind.message_class.FromString(tail)
        except DecodeError:
            return None
        return None if message.HasField("context_data") else self._rest(shape, message)

    def _rest(self, shape: _Shape, message: Any) -> bytes:  # noqa: ANN401
        number = self._strings.number
        direction, result, errno = Direction.NONE, 0, 0
        sysno, point_sysno = NO_SYSNO, 0
        if shape.kind.is_syscall:
            direction = Direction.ENTER
            if message.HasField("exit"):
                direction = Direction.EXIT
                result = message.exit.result
                errno = _clamp(message.exit.errorno, 0, ERRNO_OTHER - 1, ERRNO_OTHER)
            point_sysno = message.sysno
            sysno = _clamp(point_sysno, 0, (1 << 31) - 1, NO_SYSNO)
        side = "X" if direction is Direction.EXIT else "E"
        message_type = shape.kind.message_type
        point = number(
            point_name(message_type, point_sysno, side, self._architecture),
            is_given=is_listed_point(message_type, point_sysno),
        )
        fd = NO_FD
        if shape.fd_field:
            fd = _clamp(getattr(message, shape.fd_field), NO_FD + 1, (1 << 31) - 1, NO_FD)
        return _REST.pack(
            result,
            fd,
            number(self._path(shape, message)),
            point,
            sysno,
            errno,
            message_type,
            Kind.MESSAGE,
            direction,
            0,
            0,
        )

    @staticmethod
    def _path(shape: _Shape, message: Message) -> str:
        for name in shape.path_fields:
            path: str = getattr(message, name)
            if path and not (shape.has_address and name == "fd_path" and message.address):  # type: ignore[attr-defined]
                return path
        if shape.has_address and message.address:  # type: ignore[attr-defined]
            return parse_sockaddr(message.address).text  # type: ignore[attr-defined]
        return ""
