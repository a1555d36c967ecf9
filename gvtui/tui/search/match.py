"""Decides whether a row's words contain a text, without rendering every row."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from google.protobuf.message import DecodeError

from gvtui.decode.ids import called
from gvtui.query.calls.call import Unpaired
from gvtui.trace.row import LOST_STRING, Direction, Flag, Kind, Row
from gvtui.tui.kit.times import took_text
from gvtui.tui.model.rowtext import RowText, word
from gvtui.tui.stream.columns import (
    UNPAIRED,
    call_text,
    duration_text,
    field_text,
    result_text,
    time_text,
)
from gvtui.wire.header import WireError
from gvtui.wire.pb.common_pb2 import ContextData
from gvtui.wire.pieces import cut

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model
    from gvtui.tui.stream.columns import RowLook

MAX_TEXT = 500
"""How many characters a text to search for may have."""

_MAX_KEPT = 30_000
"""How many calls' words are cached: some ten megabytes."""
_MAX_ANSWERS = 100_000
_MAX_CONTENTS = 4096
_MAX_CONTENT_BYTES = 2048
"""Longer messages seldom repeat."""
_MALFORMED = int(Flag.MALFORMED)

_OF_TIMES = frozenset("0123456789:.-+? nsµm")
"""All characters that occur in times and durations."""


def pattern_of(text: str) -> re.Pattern[str]:
    """The pattern that finds a text; it ignores case unless the text has upper case letters."""
    flags = 0 if any(char.isupper() for char in text) else re.IGNORECASE
    return re.compile(re.escape(text[:MAX_TEXT]), flags)


_Content = tuple[bytes, str, bytes]
"""A message's type, its working folder, and its bytes without the context."""


class _Words(NamedTuple):
    """The words of a row that depend only on its message."""

    call: str
    result: str


class CallWords:
    """Caches the words of calls by the bytes of their messages: many rows are the same call.

    The words depend on the message without its context, on the context's working folder, and on the
    same of the call's other side. The cache lasts from one search to the next.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], _Words] = {}
        self._contents: dict[int, _Content | None] = {}

    def words(self, model: Model, row_id: int, partner: int | None) -> _Words:
        """The words of a row whose message can be read."""
        own = self._content(model, row_id)
        execs = model.analysis.pairs.execs
        key: tuple[object, ...] = (own, execs.code(row_id))
        if partner is not None:
            key = (*key, self._content(model, partner), execs.code(partner))
        found = self._kept.get(key)
        if found is None:
            text = model.texts.text(row_id, whole=model.whole_calls)
            found = _Words(call_text(text), result_text(text))
            if text.unpaired is not None:
                found = found._replace(result="")
            if None in key:
                return found
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[key] = found
        return found

    def _content(self, model: Model, row_id: int) -> _Content | None:
        """The content of a row's message, cached for the other side of its call."""
        if row_id in self._contents:
            return self._contents[row_id]
        if len(self._contents) >= _MAX_CONTENTS:
            self._contents.clear()
        content = None
        with suppress(WireError):
            content = _content(model.trace.payload(row_id))
        self._contents[row_id] = content
        return content


def _content(payload: bytes) -> _Content | None:
    """What a message's words depend on; None if its bytes are out of the ordinary, or too many."""
    if len(payload) > _MAX_CONTENT_BYTES:
        return None
    pieces = cut(payload)
    if pieces is None:
        return None
    try:
        context = ContextData.FromString(pieces.context)
    except DecodeError:
        return None
    return pieces.message_type, context.cwd, pieces.rest


class Match(NamedTuple):
    """Whether a row contains the text."""

    found: bool
    is_final: bool = True
    """Whether this cannot change: a call that still runs has no result yet."""


class RowMatcher:
    """Searches one text in rows, cell by cell, in all visible columns."""

    def __init__(self, model: Model, look: RowLook, text: str, words: CallWords) -> None:
        self._model, self._look = model, look
        self._words = words
        self.pattern = pattern_of(text)
        self._hidden = look.hidden
        characters = frozenset(text)
        self._is_number = text.isdigit()
        self._is_span = characters <= _OF_TIMES
        self._answers: dict[str, bool] = {}

    def _has(self, text: str) -> bool:
        """Whether a text contains it; caches the answer, for texts that repeat often."""
        answer = self._answers.get(text)
        if answer is None:
            if len(self._answers) >= _MAX_ANSWERS:
                self._answers.clear()
            answer = self._answers[text] = self.pattern.search(word(text)) is not None
        return answer

    def match(self, row_id: int, previous_id: int | None) -> Match:
        """Test a row that has been paired already; `previous_id` is the row shown above it.

        Raises:
            IndexError: the row has been removed from the trace.
        """
        model, trace, hidden = self._model, self._model.trace, self._hidden
        row = trace.row(row_id)
        if row.kind != Kind.MESSAGE:
            return Match(self.pattern.search(model.texts[row_id].rule) is not None)
        if "sandbox" not in hidden:
            container = trace.container_of(row_id)
            name = called(trace.connections, row.conn, container)
            if self._has(container) or self._has(name):
                return Match(True)
        if self._is_number and (
            (row.pid and "pid" not in hidden and self._has(str(row.pid)))
            or (row.tid and "tid" not in hidden and self._has(str(row.tid)))
        ):
            return Match(True)
        if self._is_span and "time" not in hidden:
            shown = time_text(model, self._look, row.when_ns, previous_id)
            if self.pattern.search(shown):
                return Match(True)
        if row.flags & _MALFORMED:
            return Match(self._in_text(model.texts.text(row_id, whole=model.whole_calls)))
        if "process" not in hidden:
            lost = row.process == LOST_STRING
            name = trace.process_name(row_id) if lost else trace.string(row.process)
            if self._has(name):
                return Match(True)
        match = self._in_call(row_id, row)
        if not match.found and any(
            self.pattern.search(field_text(model, column.key, row_id))
            for column in self._look.added
        ):
            return Match(True)
        return match

    def _in_call(self, row_id: int, row: Row) -> Match:
        """Test the call, its result, and its duration."""
        model, sides = self._model, self._model.analysis.sides
        partner = None
        if row.direction == Direction.EXIT or (
            model.whole_calls and row.direction == Direction.ENTER
        ):
            partner = sides.other(row_id)
        words = self._words.words(model, row_id, partner)
        if self.pattern.search(words.call):
            return Match(True)
        if "result" not in self._hidden and self.pattern.search(words.result):
            return Match(True)
        if partner is not None:
            if self._is_span and "duration" not in self._hidden:
                took = sides.duration_ns(row_id)
                return Match(took is not None and bool(self.pattern.search(took_text(took))))
            return Match(False)
        if model.whole_calls and row.direction == Direction.ENTER:
            why = model.analysis.pairs.reason(row_id)
            said = UNPAIRED.get(why, "") if why is not None else ""
            found = "result" not in self._hidden and self.pattern.search(said) is not None
            return Match(found, why is not Unpaired.IN_FLIGHT)
        return Match(False)

    def _in_text(self, text: RowText) -> bool:
        hidden = self._hidden
        cells = (
            ("call", call_text(text)),
            ("process", text.process),
            ("result", result_text(text)),
            ("duration", duration_text(text)),
        )
        return any(key not in hidden and self.pattern.search(words) for key, words in cells)
