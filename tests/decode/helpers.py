"""Messages for the tests of this room: built by hand, drawn at random, or recorded."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE, sysnos_by_name
from gvtui.trace.savefile import scan
from gvtui.wire.header import Header
from gvtui.wire.messages import KINDS, Decoded, Unknown, decode

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

TRACES = Path(__file__).parent.parent / "data" / "traces"

_TYPE_OF_CLASS = {kind.message_class: kind.message_type for kind in KINDS.values()}


def wrap(message: Message) -> Decoded:
    """A message as it comes from the wire room."""
    number = _TYPE_OF_CLASS[type(message)]
    return Decoded(Header(8, number, 0), KINDS[number], message)


def call(
    cls: type[Message],
    name: str,
    result: int | None = None,
    errno: int = 0,
    architecture: str = "x86_64",
    **fields: Any,
) -> Decoded:
    """One side of a call: an exit if it has a result or an errno."""
    message: Any = cls(sysno=sysnos_by_name(architecture)[name], **fields)
    if result is not None or errno:
        message.exit.SetInParent()
        message.exit.result = result or 0
        message.exit.errorno = errno
    return wrap(message)


@cache
def recorded(name: str) -> list[Decoded]:
    """The messages of one of the recorded traces."""
    saved = scan((TRACES / f"{name}.trace").read_bytes())
    return [decode(entry.datagram) for entry in saved if not isinstance(entry, int)]


def with_enters(messages: list[Decoded]) -> list[tuple[Decoded, Decoded | None]]:
    """Each message with the enter that belongs to it, for exits."""
    pending: dict[tuple[int, int, int], Decoded] = {}
    found: list[tuple[Decoded, Decoded | None]] = []
    for decoded in messages:
        message: Any = decoded.message
        enter = None
        if decoded.kind is not None and decoded.kind.is_syscall:
            key = (message.context_data.thread_id, decoded.header.message_type, message.sysno)
            if message.HasField("exit"):
                enter = pending.pop(key, None)
            else:
                pending[key] = decoded
        found.append((decoded, enter))
    return found


_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_safe(text: str) -> bool:
    """Whether a terminal would show every character, and nothing would act on the terminal."""
    if text.isascii():
        return text.isprintable()
    return all(
        c == " " or (unicodedata.category(c) not in _UNSEEN and not c.isspace()) for c in text
    )


_INTERESTING = [0, 1, 2, 3, -1, -100, 15, 0x7F, 0xFF, 512, 1 << 31, (1 << 32) - 1, (1 << 63) - 1]


def _integers(bits: int, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    known = [value for value in _INTERESTING if low <= value <= high]
    return st.one_of(st.sampled_from(known), st.integers(low, high))


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    kinds = {
        field.CPPTYPE_INT32: _integers(32, True),
        field.CPPTYPE_INT64: _integers(64, True),
        field.CPPTYPE_UINT32: _integers(32, False),
        field.CPPTYPE_UINT64: _integers(64, False),
        field.CPPTYPE_BOOL: st.booleans(),
    }
    if field.cpp_type == field.CPPTYPE_STRING:
        is_bytes = field.type == field.TYPE_BYTES
        value: st.SearchStrategy[Any] = st.binary(max_size=40) if is_bytes else _TEXT
    elif field.cpp_type == field.CPPTYPE_MESSAGE:
        value = _bodies(field.message_type._concrete_class, depth + 1)
    else:
        value = kinds[field.cpp_type]
    return st.lists(value, max_size=4) if field.is_repeated else value


def _bodies(cls: type[Message], depth: int = 0) -> st.SearchStrategy[Message]:
    fields = [f for f in cls.DESCRIPTOR.fields if depth < 4 or f.message_type is None]
    optional = {field.name: _values(field, depth) for field in fields}
    return st.fixed_dictionaries({}, optional=optional).map(lambda values: cls(**values))


KNOWN_MESSAGES = st.sampled_from([kind.message_class for kind in KINDS.values()]).flatmap(_bodies)

MESSAGES: st.SearchStrategy[Decoded] = st.one_of(
    KNOWN_MESSAGES.map(wrap),
    st.builds(
        lambda number, payload: Decoded(Header(8, number, 0), None, Unknown(number, payload)),
        st.integers(39, 65535),
        st.binary(max_size=60),
    ),
)
"""Any message at all, of every type, with any values."""

ARCHITECTURES = st.sampled_from(["x86_64", "arm64", UNKNOWN_ARCHITECTURE])
