from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from gvtui.tui.kit.image import Image

WIDTH, HEIGHT = 30, 3
SPLIT = 12
"""Where one widget ends and the next begins."""

_styles = st.sampled_from(
    [
        Style.parse("#c9d1d9 on #14181e"),
        Style.parse("#6cb6ff on #14181e"),
        Style.parse("bold #e8b75d on #1d232c"),
        Style.parse("reverse #323b47 on #14181e"),
        Style.parse("underline #c9d1d9 on #14181e"),
    ]
)
_segments = st.lists(
    st.builds(
        lambda text, style: Segment(text, style),
        st.text("ab 界", min_size=1, max_size=6) | st.just(" " * 13),
        _styles,
    ),
    max_size=6,
)


@st.composite
def lines(draw: st.DrawFn) -> list[Strip]:
    """A line: the strips of two widgets."""
    ground = Style.parse("#c9d1d9 on #14181e")
    return [
        Strip(draw(_segments)).adjust_cell_length(width, ground) for width in (SPLIT, WIDTH - SPLIT)
    ]


_screens = st.lists(lines(), min_size=HEIGHT, max_size=HEIGHT)


def whole(screen: list[list[Strip]]) -> LayoutUpdate:
    return LayoutUpdate([*screen], Region(0, 0, WIDTH, HEIGHT))


def part(screen: list[list[Strip]], y: int, place: int) -> ChopsUpdate:
    """Only one widget's strip of one line."""
    start, end = ((0, SPLIT), (SPLIT, WIDTH))[place]
    chops: list[dict[int, Strip | None]] = [{0: None, SPLIT: None} for _ in range(HEIGHT)]
    chops[y][start] = screen[y][place]
    return ChopsUpdate(chops, [(y, start, end)], [[SPLIT, WIDTH]] * HEIGHT)


class Shown:
    """A terminal that gets what an image writes."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)

    def draw(self) -> str:
        text = self.image.changes(ColorSystem.TRUECOLOR)
        self.stream.feed(text)
        return text

    def cells(self) -> list[list[object]]:
        """Each cell's look; a blank's letters have no colour."""
        return [[_visible(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def _visible(cell: pyte.screens.Char) -> object:
    if cell.data == " " and not cell.underscore and not cell.reverse:
        return cell.bg
    return cell


def drawn_anew(screen: list[list[Strip]]) -> list[list[object]]:
    """The screen with every cell written."""
    shown = Shown(Image())
    for y, strips in enumerate(screen):
        text = "".join(
            Strip.render_style(segment.style or Style(), segment.text, ColorSystem.TRUECOLOR)
            for strip in strips
            for segment in strip
        )
        shown.stream.feed(f"\x1b[{y + 1};1H{text}")
    return shown.cells()


@given(_screens, _screens, st.booleans())
def test_the_terminal_shows_the_wanted_screen_after_each_frame(
    first: list[list[Strip]], second: list[list[Strip]], can_erase: bool
) -> None:
    shown = Shown(Image(can_erase=can_erase))
    shown.image.take(whole(first))
    shown.draw()
    assert shown.cells() == drawn_anew(first)
    shown.image.take(whole(second))
    shown.draw()
    assert shown.cells() == drawn_anew(second)
    assert shown.image.is_shown


@given(_screens, _screens, st.integers(0, HEIGHT - 1), st.integers(0, 1))
def test_a_part_of_the_screen_changes_alone(
    first: list[list[Strip]], second: list[list[Strip]], y: int, place: int
) -> None:
    shown = Shown(Image(can_erase=True))
    shown.image.take(whole(first))
    shown.draw()
    shown.image.take(part(second, y, place))
    shown.draw()
    first[y][place] = second[y][place]
    assert shown.cells() == drawn_anew(first)


@given(_screens, _screens, st.integers(0, HEIGHT - 1), st.integers(1, WIDTH))
def test_what_lies_beyond_a_span_stays(
    first: list[list[Strip]], second: list[list[Strip]], y: int, stop: int
) -> None:
    """Textual hands over blanks there: it draws only the widgets that have changed."""
    shown = Shown(Image())
    shown.image.take(whole(first))
    shown.draw()
    chops: list[dict[int, Strip | None]] = [{0: None, SPLIT: None} for _ in range(HEIGHT)]
    chops[y] = {0: second[y][0], SPLIT: second[y][1]}
    shown.image.take(ChopsUpdate(chops, [(y, 0, stop)], [[SPLIT, WIDTH]] * HEIGHT))
    shown.draw()
    changed = [Strip.join(strips) for strips in first]
    changed[y] = Strip.join([Strip.join(second[y]).crop(0, stop), Strip.join(first[y]).crop(stop)])
    assert shown.cells() == drawn_anew([[line] for line in changed])


@given(_screens, st.integers(1, WIDTH - 1))
def test_widgets_may_begin_in_other_columns_than_before(
    first: list[list[Strip]], column: int
) -> None:
    shown = Shown(Image())
    shown.image.take(whole(first))
    shown.draw()
    joined = [Strip.join(strips) for strips in first]
    other = [[line.crop(0, column), line.crop(column)] for line in joined]
    shown.image.take(whole(other))
    shown.draw()
    assert shown.cells() == drawn_anew(other)


def test_only_what_differs_is_written() -> None:
    look = Style.parse("#c9d1d9 on #14181e")
    image = Image()
    rows = [
        [Strip([Segment(f"row {y}".ljust(WIDTH - 1), look), Segment("a", look)])] for y in (0, 1)
    ]
    image.take(LayoutUpdate([*rows], Region(0, 0, WIDTH, 2)))
    assert len(image.changes(ColorSystem.TRUECOLOR)) > 2 * WIDTH
    image.take(LayoutUpdate([*rows], Region(0, 0, WIDTH, 2)))
    assert image.changes(ColorSystem.TRUECOLOR) == ""
    rows[1] = [Strip([rows[1][0]._segments[0], Segment("b", look)])]
    image.take(LayoutUpdate([*rows], Region(0, 0, WIDTH, 2)))
    changes = image.changes(ColorSystem.TRUECOLOR)
    assert changes.startswith("\x1b[2;30H")
    assert "b" in changes
    assert "row" not in changes
    assert image.changes(ColorSystem.TRUECOLOR) == ""
    image.forget()
    assert image.changes(ColorSystem.TRUECOLOR).count("row") == 2
