"""The screen as the terminal has it, beside the screen as it shall be.

Textual writes all cells of a widget again when one of them changes, each word with its whole style.
On a slow line that is too much: here only cells that differ leave, and only what changes in a style.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from gvtui.tui.kit.cells import width_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual._compositor import CompositorUpdate

_MAX_LOOKS = 4096
_BLANKS = re.compile("( {12,})")
"""Blanks that take more bytes than the sequences that erase as many cells and pass over them."""
_ON_BLANKS = frozenset("4 7 9 21 51 52 53".split())
"""Attributes that show on a blank too: lines under, through and around it, and swapped colours."""


class _Look(NamedTuple):
    """A style as parameters of SGR (ECMA-48, 8.3.117)."""

    attributes: str = ""
    colour: str = ""
    ground: str = ""

    @property
    def shows_on_blanks(self) -> bool:
        """Whether a blank of this look differs from one with the same ground."""
        return not _ON_BLANKS.isdisjoint(self.attributes.split(";"))


class _Piece:
    """A part of a line: as it shall be, and as the terminal has it."""

    __slots__ = ("has", "wanted")

    def __init__(self, wanted: Strip) -> None:
        self.wanted = wanted
        self.has: Strip | None = None


class Image:
    """The two screens, and the way from one to the other."""

    def __init__(self, *, can_erase: bool = False) -> None:
        """Begin with a terminal of unknown content.

        Args:
            can_erase: whether the terminal has ECH, and erases in the current colour of the ground.
        """
        self._can_erase = can_erase
        self._lines: list[dict[int, _Piece]] = []
        self._dirty: set[int] = set()
        self._width = 0
        self._system = ColorSystem.TRUECOLOR
        self._looks: dict[Style, _Look] = {}
        self._out: list[str] = []
        self._look = _Look()
        self._at: tuple[int, int] | None = None

    @property
    def is_shown(self) -> bool:
        """Whether the terminal has all of it."""
        return not self._dirty

    def forget(self) -> None:
        """Take it that the terminal shows something else: all is written again."""
        for line in self._lines:
            for piece in line.values():
                piece.has = None
        self._dirty.update(range(len(self._lines)))

    def take(self, update: CompositorUpdate) -> None:
        """Note what an update of Textual's changes."""
        if isinstance(update, LayoutUpdate):
            region = update.region
            if len(self._lines) != region.height or self._width != region.width:
                self._lines = [{} for _ in range(region.height)]
                self._dirty.clear()
                self._width = region.width
            for y, strips in enumerate(update.strips, region.y):
                x = region.x
                for strip in strips:
                    self._put(y, x, strip)
                    x += strip.cell_length
        elif isinstance(update, ChopsUpdate):
            for y, first, stop in update.spans:
                for end, (x, part) in zip(
                    update.chop_ends[y], update.chops[y].items(), strict=False
                ):
                    if part is not None and x < stop and end > first and y < len(self._lines):
                        # What lies beyond a span was not drawn: Textual has blanks there.
                        self._put(y, x, part if end <= stop else part.crop(0, stop - x))

    def _put(self, y: int, x: int, strip: Strip) -> None:
        length = strip.cell_length
        if not length:
            return
        line = self._lines[y]
        piece = line.get(x)
        if piece is None or piece.wanted.cell_length != length:
            self._cut_out(line, x, x + length)
            line[x] = piece = _Piece(strip)
        elif piece.wanted is not strip:
            piece.wanted = strip
        else:
            return
        self._dirty.add(y)

    @staticmethod
    def _cut_out(line: dict[int, _Piece], start: int, end: int) -> None:
        """Take a range out of a line. What overlaps it keeps what lies outside, but is written
        again: a character of two cells may have been cut."""
        for x, piece in list(line.items()):
            stop = x + piece.wanted.cell_length
            if x >= end or stop <= start:
                continue
            del line[x]
            for low, high in ((x, start), (end, stop)):
                if low < high:
                    line[low] = _Piece(piece.wanted.crop(low - x, high - x))

    def changes(self, system: ColorSystem) -> str:
        """What makes the terminal's screen the wanted one; it counts as written then.

        Args:
            system: the colours that the terminal knows.
        """
        if system is not self._system or len(self._looks) > _MAX_LOOKS:
            self._system = system
            self._looks.clear()
        self._out, self._look, self._at = [], _Look(), None
        for y in sorted(self._dirty):
            for x, piece in sorted(self._lines[y].items()):
                if piece.has is not piece.wanted:
                    self._write_piece(y, x, piece)
                    piece.has = piece.wanted
        self._dirty.clear()
        if self._look != _Look():
            self._out.append("\x1b[0m")
        return "".join(self._out)

    def _write_piece(self, y: int, x: int, piece: _Piece) -> None:
        had = set(_words(x, piece.has)) if piece.has is not None else ()
        for word in _words(x, piece.wanted):
            if word not in had:
                self._write(y, *word)

    def _write(self, y: int, x: int, text: str, style: Style | None) -> None:
        look = self._look_of(style)
        can_erase = self._can_erase and not look.shows_on_blanks
        for part in _BLANKS.split(text) if can_erase else (text,):
            if not part:
                continue
            self._go(y, x)
            self._turn(look, is_blank=part.isspace())
            if can_erase and len(part) >= 12 and part.isspace():
                self._out.append(f"\x1b[{len(part)}X")
                x += len(part)
                continue
            self._out.append(part)
            x += len(part) if part.isascii() else width_of(part)
            # Behind the last cell the cursor stands where terminals do not agree.
            self._at = (y, x) if x < self._width else None

    def _go(self, y: int, x: int) -> None:
        if self._at == (y, x):
            return
        if self._at is not None and self._at[0] == y and x > self._at[1]:
            self._out.append(f"\x1b[{x - self._at[1]}C")
        else:
            self._out.append(f"\x1b[{y + 1};{x + 1}H")
        self._at = (y, x)

    def _turn(self, look: _Look, *, is_blank: bool) -> None:
        """Change what differs between the look in force and the wanted one."""
        now = self._look
        if is_blank and not look.shows_on_blanks and not now.shows_on_blanks:
            look = now._replace(ground=look.ground)
        if look == now:
            return
        changed: list[str] = []
        if now.attributes and now.attributes != look.attributes:
            changed.append("0")
            now = _Look()
        if look.attributes != now.attributes:
            changed.append(look.attributes)
        if look.colour != now.colour:
            changed.append(look.colour or "39")
        if look.ground != now.ground:
            changed.append(look.ground or "49")
        self._out.append(f"\x1b[{';'.join(changed)}m")
        self._look = look

    def _look_of(self, style: Style | None) -> _Look:
        if style is None:
            return _Look()
        look = self._looks.get(style)
        if look is None:
            system, colour, ground = self._system, style.color, style.bgcolor
            look = _Look(
                Strip.render_ansi(style.without_color, system),
                ";".join(colour.downgrade(system).get_ansi_codes()) if colour else "",
                ";".join(ground.downgrade(system).get_ansi_codes(False)) if ground else "",
            )
            self._looks[style] = look
        return look


def _words(x: int, strip: Strip) -> Iterator[tuple[int, str, Style | None]]:
    """The words of a strip: the column of each, its text and its style."""
    for text, style, _ in strip:
        if text:
            yield x, text, style
            x += len(text) if text.isascii() else width_of(text)
