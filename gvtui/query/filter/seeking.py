"""Rules out messages that cannot pass a comparison of an argument, without decoding them.

gVisor sends texts unencoded: a message whose text contains `passwd` contains these six bytes. So
most messages are ruled out by their type, which lacks the argument, or by their bytes in the log.
The rest is decoded and compared: no message passes because of its bytes alone.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.field_forms import FORMS
from gvtui.decode.raw_table import ARGUMENTS
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import KINDS, RAW_SYSCALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.trace.stretches import Stretch

NEVER, IF_FOUND, PERHAPS = range(3)
"""Whether a message of a type may pass: never, only with certain bytes, or always perhaps."""

_MAX_NEEDLES = 16
"""How many texts are searched one after the other; for more, decoding is as fast."""
_OF_EXITS = "exit."
"""The message that only the exit of a call has."""
_OF_ONE_TEXT = ("=", "contains", "startswith", "endswith")
_RAW_NAMES = frozenset(name for call in ARGUMENTS.values() for name, _ in call) | {
    f"arg{number}" for number in range(1, 7)
}


def needles(operator: str, texts: Sequence[str]) -> list[bytes]:
    """Byte strings, one of which is in every message that passes; empty if none is certain.

    Args:
        operator: the operator's name.
        texts: the values to compare with.
    """
    if operator == "glob":
        parts = [re.split(r"[*?]", texts[0].partition("[")[0])]
    elif operator in _OF_ONE_TEXT:
        parts = [[texts[0]]]
    elif operator == "in" and len(texts) <= _MAX_NEEDLES:
        parts = [[text] for text in texts]
    else:
        return []
    # A list of texts is compared as one text with spaces, which the message does not contain.
    found = [max((word for part in each for word in part.split(" ")), key=len) for each in parts]
    return [word.encode("utf-8", "surrogatepass") for word in found] if all(found) else []


@functools.lru_cache(maxsize=256)
def _by_type(name: str) -> npt.NDArray[np.uint8]:
    """For each message type, whether it has the argument, or the message that it is in."""
    outer, dot, _ = name.partition(".")
    kinds = np.full(1 << 16, NEVER, np.uint8)
    for number, kind in KINDS.items():
        field = kind.message_class.DESCRIPTOR.fields_by_name.get(outer)
        if field is not None:
            is_text = (
                not dot
                and field.type == field.TYPE_STRING
                and name not in FORMS.get(kind.message_class, {})
            )
            kinds[number] = IF_FOUND if is_text else PERHAPS
    if name in _RAW_NAMES:
        kinds[RAW_SYSCALL] = PERHAPS
    return kinds


class Seeker:
    """Finds the messages that may pass a comparison of one argument."""

    def __init__(self, name: str, operator: str, texts: Sequence[str]) -> None:
        """Make it for a comparison of the argument `name`."""
        self._needles = needles(operator, texts)
        self._kinds = _by_type(name)
        self._is_of_exits = name.startswith(_OF_EXITS)

    def may_pass(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """For each wanted row, whether it may pass; other rows never pass."""
        kinds = self._kinds.take(batch.column("type"))
        may: Mask = (batch.column("kind") == Kind.MESSAGE) & (kinds != NEVER)
        if self._is_of_exits:
            may &= batch.column("direction") == Direction.EXIT
        if wanted is not None:
            may &= wanted
        if self._needles:
            asked = may & (kinds == IF_FOUND)
            may &= ~asked
            for stretch in batch.trace.stretches(batch.start, batch.rows, asked):
                places = slice(stretch.first, stretch.stop)
                may[places] |= asked[places] & self._found(stretch)
        return may

    def _found(self, stretch: Stretch) -> Mask:
        starts, ends, data = stretch.starts, stretch.ends, stretch.data
        # Messages that cannot be read here are read one by one later, which reports damage.
        found: Mask = np.array(ends) > len(data)
        for needle in self._needles:
            place = data.find(needle)
            while place >= 0:
                row = bisect_right(starts, place) - 1
                if place + len(needle) <= ends[row]:
                    found[row] = True
                    place = data.find(needle, max(ends[row], place + 1))
                else:
                    place = data.find(needle, place + 1)
        return found
