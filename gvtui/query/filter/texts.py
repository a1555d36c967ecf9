"""Conditions on texts: each distinct text is tested once, and rows look the answer up."""

from __future__ import annotations

import fnmatch
import re
import weakref
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.query.filter.conditions import Cost
from gvtui.query.filter.operators import BYTE_OPERATORS
from gvtui.query.filter.paths import path_test
from gvtui.query.filter.pattern import MAX_PATTERN, PatternError, RegexTest
from gvtui.trace.row import LOST_STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.query.source import RowSource
    from gvtui.trace.connections import Connections
    from gvtui.wire.messages import Decoded

_NO, _YES, _NOT_LOOKED_AT, _LOST, _ABSENT = range(5)


class StringAnswers:
    """Whether each interned string of a trace passes, tested at the first use."""

    def __init__(self, test: Callable[[RowSource, str], bool]) -> None:
        self._test = test
        self._trace: weakref.ref[RowSource] | None = None
        self._codes: npt.NDArray[np.uint8] = np.empty(0, np.uint8)

    def look_up(self, trace: RowSource, numbers: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
        """`_YES`, `_NO`, `_LOST` or `_ABSENT` for each string number."""
        if self._trace is None or self._trace() is not trace:
            self._trace = weakref.ref(trace)
            self._codes = np.array([_ABSENT, _LOST], np.uint8)
        known = len(trace.strings)
        if known > len(self._codes):
            codes = np.full(max(known, len(self._codes) * 2), _NOT_LOOKED_AT, np.uint8)
            codes[: len(self._codes)] = self._codes
            self._codes = codes
        if len(numbers) and int(numbers.max()) >= known:
            numbers = np.where(numbers < known, numbers, np.uint32(LOST_STRING))
        answers = self._codes.take(numbers)
        new = answers == _NOT_LOOKED_AT
        if new.any():
            for number in np.unique(numbers[new]).tolist():
                self._codes[number] = self._test(trace, trace.strings[number])
            answers = self._codes.take(numbers)
        return answers


class TextColumn(NamedTuple):
    """A column of interned strings, and how a field reads them."""

    name: str
    """The name of the row's field."""
    lost: Callable[[Decoded, RowSource], str]
    """Gives the text of a message whose row has a lost string; "" if it has none."""
    meaning: Callable[[str, RowSource], str] | None = None
    """Gives the field's value for a string; None if it is the string itself."""
    of_connection: Callable[[Connections, int], str] | None = None
    """What holds for a row without a string, by its connection's number; "" where nothing does."""
    on_connection: Callable[[Connections, int, str], str] | None = None
    """What a text means on a connection, where it may mean different things; None where not."""

    of_rows: Callable[[RowBatch], dict[int, str]] | None = None
    """The places of rows that have another text than their string tells, each with it; None where
    there are none. Such a text may change when the outcome of an exec becomes known."""

    @property
    def asks_context(self) -> bool:
        """Whether it needs the filter's context: never, each row has its string."""
        return False

    def text(self, trace: RowSource, string: str) -> str:
        """The field's value for a string of the column."""
        return self.meaning(string, trace) if self.meaning is not None else string


class TextCondition:
    """Compares a column of texts."""

    cost = Cost.STRINGS

    def __init__(self, column: TextColumn, test: Callable[[str], bool]) -> None:
        """Make the condition; `test` gets only texts that are not empty."""
        of_row_alone = column.of_rows is None and column.of_connection is None
        self.is_local = of_row_alone and column.on_connection is None
        self._column = column
        self._test = test
        self._answers = StringAnswers(lambda trace, string: test(column.text(trace, string)))

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Look up every row's answer; decode messages only for lost strings."""
        answers = self._answers.look_up(batch.trace, batch.column(self._column.name))
        holds: Mask = answers == _YES
        if (answers > _YES).any():
            self._resolve(batch, wanted, answers, holds)
        if self._column.on_connection is not None:
            self._distinguish(batch, answers, holds)
        if self._column.of_rows is not None:
            for place, text in self._column.of_rows(batch).items():
                holds[place] = bool(text) and self._test(text)
        return holds

    def _distinguish(self, batch: RowBatch, answers: npt.NDArray[np.uint8], holds: Mask) -> None:
        """Look the rows up anew whose text means something else on their connection."""
        conns, numbers = batch.column("conn"), batch.column(self._column.name)
        for conn in batch.trace.connections.apart_among(conns):
            own = (conns == conn) & (answers <= _YES)
            for number in np.unique(numbers[own]).tolist():
                text = self._meant(batch, conn, batch.trace.strings[number])
                holds[own & (numbers == number)] = self._test(text)

    def _meant(self, batch: RowBatch, conn: int, text: str) -> str:
        column, trace = self._column, batch.trace
        if column.on_connection is not None:
            text = column.on_connection(trace.connections, conn, text)
        return column.text(trace, text)

    def _resolve(
        self, batch: RowBatch, wanted: Mask | None, answers: npt.NDArray[np.uint8], holds: Mask
    ) -> None:
        lost = answers == _LOST
        if wanted is not None:
            lost &= wanted
        for place in np.flatnonzero(lost).tolist():
            decoded = batch.decoded(place)
            text = self._column.lost(decoded, batch.trace) if decoded else ""
            conn = int(batch.rows["conn"][place])
            holds[place] = bool(text) and self._test(self._meant(batch, conn, text))
        absent = np.flatnonzero(answers == _ABSENT)
        if self._column.of_connection is None or not len(absent):
            return
        conns, places = np.unique(batch.column("conn")[absent], return_inverse=True)
        passes = np.zeros(len(conns), np.bool_)
        for index, number in enumerate(conns.tolist()):
            text = self._column.of_connection(batch.trace.connections, number)
            passes[index] = bool(text) and self._test(text)
        holds[absent] = passes[places]


class ContextTextCondition:
    """Compares texts that come from the filter's context, such as command lines."""

    cost = Cost.OTHERS
    is_local = False

    def __init__(
        self,
        what: str,
        test: Callable[[str], bool],
        *,
        is_negated: bool = False,
        otherwise: TextCondition | None = None,
    ) -> None:
        """Make the condition.

        Args:
            what: the name of the field.
            test: the comparison of a text.
            is_negated: whether it holds only if it holds for each of several values.
            otherwise: answers for the rows of which the context knows nothing.
        """
        self._what = what
        self._test = test
        self._of_several = all if is_negated else any
        self._otherwise = otherwise

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Test each distinct text once."""
        places, texts = batch.context.texts(self._what, batch.start, batch.rows)
        holds: Mask = np.zeros(len(batch), np.bool_)
        asked = places >= 0
        if self._otherwise is not None and not asked.all():
            unknown = ~asked if wanted is None else ~asked & wanted
            holds = unknown & self._otherwise.holds(batch, unknown)
        if wanted is not None:
            asked &= wanted
        used, index = np.unique(places[asked], return_inverse=True)
        passes = [self._passes(texts[place]) for place in used.tolist()]
        holds[asked] = np.array(passes, np.bool_)[index]
        return holds

    def _passes(self, values: tuple[str, ...]) -> bool:
        values = tuple(filter(None, values))
        return bool(values) and self._of_several(map(self._test, values))


def text_test(operator: str, values: Sequence[str]) -> Callable[[str], bool]:
    """Make the test of an operator for texts.

    Args:
        operator: an operator for texts, but not `exists`.
        values: the value, or those of a list.

    Raises:
        PatternError: the pattern cannot be used, or is not bytes in hexadecimal.
    """
    if operator in ("in", "intersects"):
        return frozenset(values).__contains__
    if operator == "pmatch":
        return path_test(values)
    value = values[0]
    if operator in BYTE_OPERATORS:
        return _bytes_test(operator, value)
    if operator == "=":
        return value.__eq__
    if operator == "!=":
        return value.__ne__
    if operator == "contains":
        return lambda text: value in text
    if operator == "icontains":
        folded = value.casefold()
        return lambda text: folded in text.casefold()
    if operator == "startswith":
        return lambda text: text.startswith(value)
    if operator == "endswith":
        return lambda text: text.endswith(value)
    if operator == "glob":
        return _glob(value)
    if operator == "regex":
        return RegexTest(value)
    raise AssertionError(operator)


def _glob(pattern: str) -> Callable[[str], bool]:
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters", MAX_PATTERN)
    # Each star becomes an atomic group, so that matching never backtracks over a star.
    match = re.compile(fnmatch.translate(pattern)).match
    return lambda text: match(text) is not None


def bytes_of(text: str) -> PatternError | bytes:
    """The bytes of a value in hexadecimal, or what is wrong with it."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if not found or any(char.isspace() for char in text):
        return PatternError("these are no bytes: two hexadecimal digits for each", 0)
    return found


def _bytes_test(operator: str, value: str) -> Callable[[str], bool]:
    wanted = bytes_of(value)
    if isinstance(wanted, PatternError):
        raise wanted
    if operator == "bstartswith":
        return lambda text: text.encode("utf-8", "surrogatepass").startswith(wanted)
    return lambda text: wanted in text.encode("utf-8", "surrogatepass")
