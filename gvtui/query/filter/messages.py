"""Conditions that decode the message, for values that its row does not have."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gvtui.query.filter.conditions import Cost
from gvtui.query.filter.seeking import Seeker
from gvtui.query.filter.values import ValueTextError, number
from gvtui.trace.row import Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import KINDS, Unknown, decode
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb.common_pb2 import ContextData
from gvtui.wire.pieces import all_but_time, cut
from gvtui.wire.ports import right_ports
from gvtui.wire.sockaddr import parse_sockaddr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.trace.stretches import Stretch
    from gvtui.wire.messages import Decoded

Forms: TypeAlias = "Callable[[Decoded, str, str], list[int | str]]"
"""Gives an argument in all forms to compare: takes a message, a name and an architecture."""

_RAW = "_raw"
_PORT_AS_SENT = f".port{_RAW}"

_ELEMENT = re.compile(r"(.+)\[([0-9]{1,5})\]", re.ASCII)

_MAX_KEY = 512
"""Longer messages seldom repeat."""
_MAX_ANSWERS = 1 << 14
_TRIED, _UNTRIED = 1 << 11, 1 << 14
"""After how many answers it is decided whether they help, and for how many messages they are not
looked up if not."""

ARGUMENTS_LIMIT = 1 << 16
"""How many characters of a call's arguments conditions read."""


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


class Answers:
    """Answers about messages, kept by their bytes: many rows are the same call at another time."""

    def __init__(self, key: Callable[[bytes], bytes | None]) -> None:
        """Begin with none; `key` gives the bytes that an answer depends on, None for all of them."""
        self._key = key
        self._kept: dict[tuple[bytes, str], bool] = {}
        self._asked = self._known = 0
        """How often an answer was looked up lately, and how often it was there."""
        self._unasked = 0
        """How many messages are to be decoded before answers are looked up again."""

    def of(self, batch: RowBatch, may: Mask, answer: Callable[[Decoded], bool]) -> Mask:
        """For each row whether it passes.

        Args:
            batch: the rows.
            may: which of them to look at; no other passes.
            answer: says it of a message.
        """
        holds: Mask = np.zeros(len(batch), np.bool_)
        # What an exec's ports are depends on other rows.
        is_plain = (batch.column("flags") == 0) & (batch.column("type") != MessageType.SENTRY_EXEC)
        for stretch in batch.trace.stretches(batch.start, batch.rows, may):
            places = slice(stretch.first, stretch.stop)
            own = may[places]
            plain = own & is_plain[places] & (np.array(stretch.ends) <= len(stretch.data))
            found = self._of_plain(batch, stretch, plain, answer)
            # What passes because of its bytes must be what came.
            passing = np.zeros(len(batch), np.bool_)
            passing[places] = found
            holds |= batch.trace.intact(batch.start, batch.rows, passing)
            for place in np.flatnonzero(own & ~plain).tolist():
                decoded = batch.decoded(stretch.first + place)
                holds[stretch.first + place] = decoded is not None and answer(decoded)
        return holds

    def _of_plain(
        self, batch: RowBatch, stretch: Stretch, asked: Mask, answer: Callable[[Decoded], bool]
    ) -> Mask:
        """For each row of a stretch, of those whose bytes say all, whether it seems to pass."""
        found: Mask = np.zeros(len(asked), np.bool_)
        starts, ends, data = stretch.starts, stretch.ends, stretch.data
        kept, architecture = self._kept, batch.trace.architecture
        for place in np.flatnonzero(asked).tolist():
            start, end = starts[place], ends[place]
            datagram = data[start:end]
            key = (
                self._key(datagram) if end - start <= _MAX_KEY and self._is_worth_asking() else None
            )
            known = kept.get((key, architecture)) if key is not None else None
            if known is None:
                try:
                    known = answer(decode(datagram))
                except WireError:
                    # It could be read when it came: this notes the damage.
                    batch.decoded(stretch.first + place)
                    continue
                if key is not None:
                    if len(kept) >= _MAX_ANSWERS:
                        kept.clear()
                    kept[key, architecture] = known
            elif key is not None:
                self._known += 1
            found[place] = known
        return found

    def _is_worth_asking(self) -> bool:
        """Whether answers are there often enough, so that looking them up saves time."""
        if self._unasked:
            self._unasked -= 1
            return False
        self._asked += 1
        if self._asked > _TRIED:
            if self._known < self._asked // 4:
                self._unasked = _UNTRIED
            self._asked = self._known = 0
        return True


def _call_of(datagram: bytes) -> bytes | None:
    """A message without its header's count and without its context."""
    pieces = cut(datagram)
    return pieces.message_type + pieces.rest if pieces is not None else None


def _context_of(name: str) -> Callable[[bytes], bytes | None]:
    """What the value of a field of the context depends on."""
    return all_but_time if name != "time_ns" else lambda datagram: None


class _TextCondition:
    """Compares a text that each message gives; one that gives none does not pass."""

    cost = Cost.MESSAGES
    is_local = True

    def __init__(self, test: Callable[[str], bool]) -> None:
        self._test = test
        self._answers = Answers(all_but_time)

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Compare the text of each wanted message."""
        architecture = batch.trace.architecture

        def passes(decoded: Decoded) -> bool:
            text = self._text(decoded, architecture)
            return bool(text) and self._test(text)

        return self._answers.of(batch, _messages(batch, wanted), passes)

    def _text(self, decoded: Decoded, architecture: str) -> str:
        raise NotImplementedError


class ArgumentsCondition(_TextCondition):
    """Compares the arguments as the stream shows them."""

    def _text(self, decoded: Decoded, architecture: str) -> str:
        # A tenth of the time that the completion of a filter takes, which renders nothing.
        from gvtui.decode.render import arguments_text

        return arguments_text(decoded, architecture=architecture, limit=ARGUMENTS_LIMIT)


class CwdCondition(_TextCondition):
    """Compares the working directory in the context of messages."""

    def _text(self, decoded: Decoded, architecture: str) -> str:
        message: Any = decoded.message
        cwd: str = "" if isinstance(message, Unknown) else message.context_data.cwd
        return cwd


class ArgumentCondition:
    """Compares one argument."""

    cost = Cost.MESSAGES
    is_local = True

    def __init__(
        self,
        name: str,
        operator: str,
        texts: Sequence[str],
        test: Callable[[str], bool] | None,
        forms: Forms,
        *,
        wanted: bytes | None = None,
        is_transformed: bool = False,
    ) -> None:
        """Make the condition.

        Args:
            name: the argument's name in its message.
            operator: the name of the operator.
            texts: the values to compare with.
            test: the comparison of texts; None if the operator compares only numbers.
            forms: gives the argument in all forms, as `argument_forms` does.
            wanted: the value of an operator on bytes; None for other operators.
            is_transformed: whether the comparison changes texts first, so that the message need not
                have the text that is looked for.
        """
        self._name = name
        self._forms = forms
        self._operator = operator
        self._numbers = [value for value in map(_number, texts) if value is not None]
        self._test = test
        is_argument = forms is argument_forms
        self._wanted = wanted
        self._seeker = None
        if is_argument:
            self._seeker = Seeker(_split(name)[0], "" if is_transformed else operator, texts)
        self._answers = Answers(_call_of if is_argument else _context_of(name))

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Look into each wanted message that may pass."""
        architecture = batch.trace.architecture
        may = _messages(batch, wanted)
        if self._seeker is not None:
            may = self._seeker.may_pass(batch, may)

        def passes(decoded: Decoded) -> bool:
            if self._wanted is not None and (sent := _sent_bytes(decoded, self._name)) is not None:
                if self._operator == "bstartswith":
                    return sent.startswith(self._wanted)
                return self._wanted in sent
            forms = self._forms(decoded, self._name, architecture)
            return bool(forms) and self._passes(forms)

        return self._answers.of(batch, may, passes)

    def _passes(self, forms: list[int | str]) -> bool:
        if self._operator == "!=":
            return not any(self._equals(form) for form in forms)
        return any(self._equals(form) for form in forms)

    def _equals(self, form: int | str) -> bool:
        operator = self._operator
        if operator == "exists":
            return True
        if isinstance(form, str):
            if self._test is None:
                return False
            return not self._test(form) if operator == "!=" else self._test(form)
        if operator in ("=", "!=", "in", "intersects"):
            return form in self._numbers
        if not self._numbers:
            return False
        return _ORDER[operator](form, self._numbers[0]) if operator in _ORDER else False


_ORDER: dict[str, Callable[[int, int], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _number(text: str) -> int | None:
    try:
        return number(text)
    except ValueTextError:
        return None


def _messages(batch: RowBatch, wanted: Mask | None) -> Mask:
    is_message: Mask = batch.column("kind") == Kind.MESSAGE
    return is_message if wanted is None else is_message & wanted


def _split(name: str) -> tuple[str, int | None]:
    """An argument's name, and the number in brackets after it; None if there is none."""
    match = _ELEMENT.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def _sent_bytes(decoded: Decoded, name: str) -> bytes | None:
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
    base, place = _split(name)
    if place is not None:
        return _element(decoded, base, place)
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
        number_form = _number(words)
        if number_form is not None:
            forms.append(number_form)
    elif "." in name:
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

    names = {
        name for kind in KINDS.values() for name in kind.message_class.DESCRIPTOR.fields_by_name
    }
    names |= {name for call in ARGUMENTS.values() for name, form in call if form != "skip"}
    return sorted(names - {"context_data", "exit"})


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
    if field is None or field.message_type is not None:
        return []
    value = getattr(message, last)
    forms: list[int | str] = []
    # Only for a field outside of others does 0 mean "not collected": root's uid is 0 too.
    came = bool(value or outer)
    for element in value if field.is_repeated else [value] if came else []:
        if isinstance(element, int):
            forms += [int(element), str(element).lower()]
        else:
            forms.append(element.hex() if isinstance(element, bytes) else element)
    return forms
