"""Finds arguments and fields of the context in messages, in all forms in which they compare."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from gvtui.decode.field_forms import FORMS
from gvtui.query.filter.values import ValueTextError, number
from gvtui.wire.messages import KINDS, RAW_SYSCALL, Unknown
from gvtui.wire.pb.common_pb2 import ContextData
from gvtui.wire.ports import right_ports
from gvtui.wire.sockaddr import parse_sockaddr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvtui.wire.messages import Decoded, MessageKind

Forms: TypeAlias = "Callable[[Decoded, str, str], list[int | str]]"
"""Gives an argument in all forms to compare: takes a message, a name and an architecture."""

_MOST_DEPTH = 4
"""How deep messages lie inside messages in the schema."""
_NO_ARGUMENTS = ("context_data", "exit")
"""Messages inside messages that are no arguments."""
_NUMBERS = tuple(
    getattr(FieldDescriptor, f"TYPE_{kind}") for kind in ("INT32", "INT64", "UINT32", "UINT64")
)
_PLAIN = (FieldDescriptor.TYPE_STRING, *_NUMBERS)
"""The types of fields that are a text or a number, and nothing else."""
_SYSNO = "sysno"
"""Each call has its number, which is no argument, and so has no words."""
_RAW = "_raw"
_PORT_AS_SENT = f".port{_RAW}"

_MAPPED = re.compile(r"\[::ffff:([0-9.]+)\]|(?<![0-9a-f:])::ffff:([0-9.]+)", re.ASCII)
"""IPv4 mapped into IPv6, in an address with a port or alone."""

_ELEMENT = re.compile(r"(.+)\[([0-9]{1,5})\]", re.ASCII)


def process_of(decoded: Decoded) -> str:
    """The process name in a message; "" if it has none."""
    if isinstance(decoded.message, Unknown):
        return ""
    message: Any = decoded.message
    name: str = message.context_data.process_name
    return name


def path_of(decoded: Decoded) -> str:
    """The path, program or address that a message's row would have; "" if it has none."""
    message: Any = decoded.message
    address = getattr(message, "address", b"")
    for name in ("pathname", "fd_path", "binary_path", "mapped_path"):
        path: str = getattr(message, name, "")
        if path and not (name == "fd_path" and address):
            return path
    return parse_sockaddr(address).text if address else ""


def number_of(text: str) -> int | None:
    """The number that a text is; None if it is none."""
    try:
        return number(text)
    except ValueTextError:
        return None


def name_and_place(name: str) -> tuple[str, int | None]:
    """An argument's name, and the number in brackets after it; None if there is none."""
    match = _ELEMENT.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def sent_bytes(decoded: Decoded, name: str) -> bytes | None:
    """An argument that a message has as bytes; None if it has none of this name."""
    message: Any = decoded.message
    if isinstance(message, Unknown) or not _field_of(decoded.header.message_type, name)[0]:
        return None
    value = getattr(message, name)
    return value if isinstance(value, bytes) else None


def argument_forms(decoded: Decoded, name: str, architecture: str) -> list[int | str]:
    """An argument of a message in all forms in which it can be compared; none if it is absent.

    These are a number, the text as sent, and the words that the stream shows. Ports are corrected;
    `port_raw` is the number as sent.
    """
    return _reader(decoded.header.message_type, name)(decoded, name, architecture)


@functools.lru_cache(maxsize=4096)
def _reader(message_type: int, name: str) -> Forms:
    """What reads an argument of a type of messages, which is looked up once for all of them."""
    base, place = name_and_place(name)
    if place is not None:
        return lambda decoded, _name, _architecture: _element(decoded, base, place)
    kind = KINDS.get(message_type)
    if kind is not None and kind.is_syscall and (inner := _inner_number(kind, name)) is not None:
        return inner
    if kind is None or message_type == RAW_SYSCALL:
        return _any_forms
    field = kind.message_class.DESCRIPTOR.fields_by_name.get(name)
    if field is None or field.is_repeated or field.type not in _PLAIN or name == _SYSNO:
        return _any_forms
    form = FORMS.get(kind.message_class, {}).get(name)
    is_text = field.type == field.TYPE_STRING

    def forms(decoded: Decoded, name: str, architecture: str) -> list[int | str]:
        value: int | str = getattr(decoded.message, name)
        words = form(value, decoded.message, architecture) if form is not None else str(value)
        if is_text:
            return [words] if value == words else [words, value]
        text = str(value)
        return [words, value] if text == words else [words, value, text]

    return forms


def _inner_number(kind: MessageKind, path: str) -> Forms | None:
    """What reads a number without words, in a message inside a call's; None if it is none."""
    *outer, last = path.split(".")
    descriptor: Any = kind.message_class.DESCRIPTOR
    for name in outer:
        field = descriptor.fields_by_name.get(name)
        if field is None or field.message_type is None or field.is_repeated:
            return None
        descriptor = field.message_type
    field = descriptor.fields_by_name.get(last)
    if not outer or field is None or field.is_repeated or field.type not in _NUMBERS:
        return None
    if last in FORMS.get(GetMessageClass(descriptor), {}):
        return None

    def forms(decoded: Decoded, _name: str, _architecture: str) -> list[int | str]:
        message: Any = decoded.message
        for name in outer:
            if not message.HasField(name):
                return []
            message = getattr(message, name)
        value: int = getattr(message, last)
        return [value, str(value)]

    return forms


def _any_forms(decoded: Decoded, name: str, architecture: str) -> list[int | str]:
    """As `argument_forms`, of any message, whatever the field's type."""
    # See ArgumentsCondition.
    from gvtui.decode.fields import argument

    words = argument(decoded, name, architecture=architecture)
    forms: list[int | str] = [] if words is None else [words]
    message: Any = decoded.message
    if isinstance(message, Unknown):
        return forms
    is_known, is_repeated = _field_of(decoded.header.message_type, name)
    if is_known:
        value = getattr(message, name)
        if is_repeated:
            forms += value
        elif isinstance(value, int):
            forms.append(int(value))
            if (text := str(value).lower()) != words:
                forms.append(text)
        elif isinstance(value, str):
            if value != words:
                forms.append(value)
        elif (text := value.hex()) != words:
            forms.append(text)
    elif words is not None:
        number_form = number_of(words)
        if number_form is not None:
            forms.append(number_form)
    elif "." in name or name not in _NO_ARGUMENTS:
        if name.endswith(_PORT_AS_SENT):
            name = name.removesuffix(_RAW)
        else:
            message = right_ports(decoded)
        forms += _inner_forms(message, name)
    return forms


def _element(decoded: Decoded, name: str, place: int) -> list[int | str]:
    """An element of an argument that is a list; none if there is no such element."""
    if isinstance(decoded.message, Unknown):
        return []
    if not _field_of(decoded.header.message_type, name)[1]:
        return []
    values: list[int | str] = getattr(decoded.message, name)[place : place + 1]
    return list(values)


@functools.lru_cache(maxsize=4096)
def _field_of(message_type: int, name: str) -> tuple[bool, bool]:
    """Whether a message has this field with a plain value, and whether that is repeated."""
    field = KINDS[message_type].message_class.DESCRIPTOR.fields_by_name.get(name)
    is_plain = field is not None and field.message_type is None
    return is_plain, is_plain and field.is_repeated


def context_forms(decoded: Decoded, name: str, architecture: str) -> list[int | str]:
    """As `argument_forms`, for a field of the context; none if it was not collected."""
    message: Any = decoded.message
    if isinstance(message, Unknown) or not message.HasField("context_data"):
        return []
    return _inner_forms(message.context_data, name)


@functools.cache
def argument_names() -> list[str]:
    """All names of arguments, in decoded messages and in raw calls."""
    from gvtui.decode.raw_table import ARGUMENTS

    names: set[str] = set()
    for kind in KINDS.values():
        names |= set(_paths(kind.message_class.DESCRIPTOR, _MOST_DEPTH))
    names |= {name for call in ARGUMENTS.values() for name, form in call if form != "skip"}
    own = (name for name in names if name.partition(".")[0] not in _NO_ARGUMENTS)
    return sorted(own)


def _paths(descriptor: Any, depth: int) -> Iterator[str]:  # noqa: ANN401
    """The names of the fields of a message and of those inside it."""
    for field in descriptor.fields:
        yield field.name
        if field.message_type is not None and not field.is_repeated and depth:
            yield from (f"{field.name}.{name}" for name in _paths(field.message_type, depth - 1))


@functools.cache
def context_names() -> list[str]:
    """The names of the context's fields; fields within a field have its name and a dot before."""
    names = []
    for field in ContextData.DESCRIPTOR.fields:
        inner = field.message_type.fields if field.message_type is not None else ()
        names += [f"{field.name}.{part.name}" for part in inner] or [field.name]
    return names


def _inner_forms(message: Any, path: str) -> list[int | str]:  # noqa: ANN401
    """The values at a path of names: all elements of a repeated field; none if it was not sent."""
    *outer, last = path.split(".")
    for name in outer:
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is None or field.message_type is None or field.is_repeated:
            return []
        if not message.HasField(name):
            return []
        message = getattr(message, name)
    field = message.DESCRIPTOR.fields_by_name.get(last)
    if field is None:
        return []
    value = getattr(message, last)
    # See ArgumentsCondition.
    from gvtui.decode.fields import words_of

    words = words_of(message, last, value)
    if field.message_type is not None:
        # A message that came exists, though it has no value to compare but its words.
        came = not field.is_repeated and message.HasField(last)
        return _alike(words) if came else []
    forms: list[int | str] = []
    # Only for a field outside of others does 0 mean "not collected": root's uid is 0 too.
    came = bool(value or outer)
    for element in value if field.is_repeated else [value] if came else []:
        if isinstance(element, int):
            forms += [int(element), str(element).lower()]
        else:
            forms.append(element.hex() if isinstance(element, bytes) else element)
    if forms and words and words not in forms:
        forms += _alike(words)
    return forms


def _alike(words: str) -> list[int | str]:
    """Words in all forms: IPv4 mapped into IPv6 is IPv4 too."""
    return list(dict.fromkeys((words, _MAPPED.sub(r"\1\2", words))))
