"""Lists every field of a message with its path, its value as sent, and its value in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from google.protobuf import empty_pb2
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet  # type: ignore[import-not-found]

from gvtui.decode.escape import escape, quoted
from gvtui.decode.field_forms import FORMS, SYSNO, Form, MomentForm
from gvtui.decode.numbers import int64
from gvtui.decode.raw import argument_names, named_arguments
from gvtui.decode.render import call_of, result_of
from gvtui.decode.sockets import hex_bytes
from gvtui.wire.messages import KINDS, Decoded, Unknown
from gvtui.wire.pb import syscall_pb2
from gvtui.wire.ports import right_ports, turned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from google.protobuf.descriptor import FieldDescriptor

TEXT_LIMIT = 4096
"""How many characters of a field's value are shown."""

ELEMENTS_LIMIT = 1000
"""How many elements of a repeated field are shown; one more line counts the rest."""

DEPTH_LIMIT = 8
"""How deep nested messages are followed; the schema has at most four levels."""

_CONTEXT = "context_data"

_ARGUMENT_FIELDS = tuple(f"arg{index}" for index in range(1, 7))


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a message, safe to show on a terminal."""

    path: str
    """Names from the message down: `context_data.credentials.real_uid`, `argv[0]`."""
    number: int
    """The field's number in its message."""
    raw: str
    """The value as it was sent: numbers in decimal, bytes in hex, strings escaped."""
    decoded: str
    """The value in words; the same as `raw` where there is nothing to add."""


class _Telling(NamedTuple):
    """What decides the words of a value."""

    architecture: str
    zone: tzinfo | None


def field_views(
    decoded: Decoded, *, architecture: str, zone: tzinfo | None = UTC
) -> list[FieldView]:
    """Every field that was sent, nested and unknown ones too; context data last.

    Fields that hold their default are not sent, and so not listed, except for the result of a
    call that returned 0. The fields of a message of an unknown type are read as far as its bytes
    allow. Never raises.

    Args:
        decoded: the message.
        architecture: one of `ARCHITECTURES`.
        zone: the time zone of times; None for the local one.
    """
    telling = _Telling(architecture, zone)
    message = right_ports(decoded)
    if isinstance(message, Unknown):
        return _views_of_unknown(message)
    views: list[FieldView] = []
    context: list[FieldView] = []
    for field, value in message.ListFields():
        target = context if field.name == _CONTEXT else views
        if field.name == "exit" and field.message_type is not None:
            target.extend(_exit_views(decoded, field.number, architecture))
        else:
            target.extend(_views(field, value, message, "", telling, 0))
    if isinstance(message, syscall_pb2.Syscall):
        views = [view for view in views if not view.path.startswith("arg")]
        views.extend(_raw_views(decoded, architecture))
    if message is not decoded.message:
        views = [_port_as_sent(view) for view in views]
    views.extend(_unknown_fields(message, ""))
    return views + context


def _port_as_sent(view: FieldView) -> FieldView:
    """The view of a mended port, with the number that was sent beside it."""
    if not view.path.endswith(".port"):
        return view
    return replace(view, raw=str(turned(int(view.raw))))


def arguments(decoded: Decoded, *, architecture: str) -> dict[str, str]:
    """The arguments of a call, or the fields of an event, by name.

    The values are for comparing, not for the screen: strings are neither quoted nor escaped.
    Numbers are given by name where they have one (`O_RDONLY|O_CLOEXEC`), else in decimal. Fields
    that hold their default are included; nested messages only if they were sent.
    """
    message: Any = decoded.message
    if isinstance(message, Unknown):
        return {}
    if type(message) is syscall_pb2.Syscall:
        return dict(named_arguments(call_of(decoded, architecture)))
    found: dict[str, str] = {}
    for field in _PLANS[type(message)]:
        words = _words(message, field, architecture)
        if words is not None:
            found[field.name] = words
    return found


def argument(decoded: Decoded, name: str, *, architecture: str) -> str | None:
    """One of what `arguments` gives; None if it is not there."""
    message = decoded.message
    if isinstance(message, Unknown) or type(message) is syscall_pb2.Syscall:
        return arguments(decoded, architecture=architecture).get(name)
    field = _PLANS_BY_NAME[type(message)].get(name)
    return _words(message, field, architecture) if field is not None else None


class _Plan(NamedTuple):
    """How an argument is put into words."""

    name: str
    form: Form | None
    is_repeated: bool
    is_message: bool


def _words(message: Message, field: _Plan, architecture: str) -> str | None:
    if field.is_message and not message.HasField(field.name):
        return None
    value = getattr(message, field.name)
    if field.form is not None:
        return field.form(value, message, architecture)
    if field.is_repeated:
        return " ".join(map(str, value))
    return None if field.is_message else _plain(value)


def _plan(kind: type[Message]) -> tuple[_Plan, ...]:
    forms = FORMS.get(kind, {})
    return tuple(
        _Plan(field.name, forms.get(field.name), field.is_repeated, field.message_type is not None)
        for field in kind.DESCRIPTOR.fields
        if field.name not in (_CONTEXT, "exit", "sysno")
    )


_PLANS = {kind.message_class: _plan(kind.message_class) for kind in KINDS.values()}
"""The arguments of each message."""

_PLANS_BY_NAME = {kind: {field.name: field for field in plan} for kind, plan in _PLANS.items()}


def words_of(message: Message, name: str, value: object, architecture: str = "x86_64") -> str:
    """A plain value of a message's field, or a message, in the words that the details show; "" if
    it has no others."""
    form = FORMS.get(type(message), {}).get(name)
    return form(value, message, architecture) if form is not None else ""


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _raw_views(decoded: Decoded, architecture: str) -> Iterator[FieldView]:
    """The six numbers of a raw call: its arguments with their names, the others in hex."""
    message: Any = decoded.message
    call = call_of(decoded, architecture)
    words = dict(named_arguments(call))
    names = argument_names(call)
    for index, field in enumerate(_ARGUMENT_FIELDS):
        value = getattr(message, field)
        name = names[index] if index < len(names) else field
        text = words.get(name)
        if text is not None and name != field:
            shown = f"{name}={text}"
        elif value:
            shown = hex(value)
        else:
            continue
        number = syscall_pb2.Syscall.DESCRIPTOR.fields_by_name[field].number
        yield FieldView(field, number, str(value), shown)


def _exit_views(decoded: Decoded, number: int, architecture: str) -> Iterator[FieldView]:
    message: Any = decoded.message
    outcome = message.exit
    shown = escape(result_of(decoded, architecture), TEXT_LIMIT)
    if outcome.result or not outcome.errorno:
        raw = str(outcome.result)
        yield FieldView("exit.result", 1, raw, raw if outcome.errorno else shown)
    if outcome.errorno:
        yield FieldView("exit.errorno", 2, str(outcome.errorno), shown)
    yield from _unknown_fields(outcome, "exit.")


def _views(
    field: FieldDescriptor,
    value: object,
    parent: Message,
    prefix: str,
    telling: _Telling,
    depth: int,
) -> Iterator[FieldView]:
    path = prefix + field.name
    if field.is_repeated:
        elements = cast("Sequence[object]", value)
        for index, element in enumerate(elements):
            if index == ELEMENTS_LIMIT:
                left = f"{len(elements) - index:,} more"
                yield FieldView(f"{path}[{index}…]", field.number, left, left)
                break
            yield from _one(field, element, parent, f"{path}[{index}]", telling, depth)
    else:
        yield from _one(field, value, parent, path, telling, depth)


def _one(
    field: FieldDescriptor,
    value: object,
    parent: Message,
    path: str,
    telling: _Telling,
    depth: int,
) -> Iterator[FieldView]:
    form = FORMS.get(type(parent), {}).get(field.name)
    if form is None and field.name == "sysno":
        form = SYSNO
    words = ""
    if isinstance(form, MomentForm):
        words = form.words(value, telling.zone)
    elif form is not None:
        words = escape(form(value, parent, telling.architecture), TEXT_LIMIT)
    if isinstance(value, Message):
        inner = value.ListFields() if depth < DEPTH_LIMIT else []
        if words or not inner:
            yield FieldView(path, field.number, "" if inner else "{}", words or "{}")
        for inner_field, inner_value in inner:
            yield from _views(inner_field, inner_value, value, f"{path}.", telling, depth + 1)
        yield from _unknown_fields(value, f"{path}.")
    elif isinstance(value, str):
        yield FieldView(path, field.number, escape(value, TEXT_LIMIT), words or quoted(value))
    elif isinstance(value, bytes):
        raw = hex_bytes(value, TEXT_LIMIT // 2)
        yield FieldView(path, field.number, raw, words or raw)
    else:
        raw = _plain(value)
        yield FieldView(path, field.number, raw, words or raw)


def _unknown_fields(message: Message, prefix: str) -> Iterator[FieldView]:
    for index, field in enumerate(UnknownFieldSet(message)):
        if index == ELEMENTS_LIMIT:
            break
        data = field.data
        if isinstance(data, bytes):
            raw = hex_bytes(data, TEXT_LIMIT // 2)
            words = _perhaps_text(data) or raw
        elif isinstance(data, int):
            raw = str(data)
            words = raw if int64(data) >= 0 else f"{raw} (signed {int64(data)})"
        else:
            raw = words = "a group"
        yield FieldView(f"{prefix}#{field.field_number}", field.field_number, raw, words)


def _perhaps_text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return quoted(text) if text.isprintable() else ""


def _views_of_unknown(message: Unknown) -> list[FieldView]:
    try:
        views = list(_unknown_fields(empty_pb2.Empty.FromString(message.payload), ""))
    except DecodeError:
        raw = hex_bytes(message.payload, TEXT_LIMIT // 2)
        return [FieldView("payload", 0, raw, raw)]
    return views
