"""A viewer without a terminal: features are used as the user would, and nothing is drawn."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

from gvtui.config import Config, config_path
from gvtui.errors import GvtuiError
from gvtui.query.filter.compile import FilterError
from gvtui.query.filter.write import equals
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.command.registry import Commands
from gvtui.tui.kit.asking import Mistake
from gvtui.tui.model.model import Model
from gvtui.tui.viewer import PARTS
from tests.trace.recorder import TRACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gvtui.agent.targets import Keeper
    from gvtui.decode.fields import FieldView
    from gvtui.monitor.watch import Watch
    from gvtui.query.processes.process import Process
    from gvtui.remembered import Memory
    from gvtui.trace.row import Row
    from gvtui.tui.command.command import Owner
    from gvtui.tui.kit.asking import Choice, Question, Text
    from gvtui.tui.model.chips import Chip
    from gvtui.tui.options import LiveOptions
    from gvtui.tui.viewer import Feature, Level, Part, Viewer

_Found = TypeVar("_Found")
_Feature = TypeVar("_Feature", bound="Feature")


_opened: list[FakeViewer] = []


def close_all() -> None:
    """Close the traces of all viewers made so far."""
    while _opened:
        model = _opened.pop().model
        model.close()
        model.trace.close()


class FakeParts:
    """Parts of a screen that is not there."""

    def __init__(self) -> None:
        self.is_narrow = False
        self.shown: set[Part] = set(PARTS)
        """What is on the screen."""
        self.sizes: dict[Part, int] = {}
        """What was said of how large parts are to be."""

    @property
    def hidden(self) -> tuple[Part, ...]:
        return tuple(part for part in PARTS if part not in self.shown)

    def show(self, part: Part) -> None:
        self.shown.add(part)

    def toggle(self, part: Part) -> None:
        self.shown ^= {part}

    def hide(self, part: Part) -> None:
        self.shown.discard(part)

    def size(self, part: Part) -> int:
        return self.sizes.get(part, 12 if part == "detail" else 32)

    def set_size(self, part: Part, cells: int | None) -> None:
        if cells is None:
            del self.sizes[part]
        else:
            self.sizes[part] = cells


class FakeViewer:
    """Holds a model and some features, and notes what they ask of it."""

    def __init__(
        self,
        *features: type[Feature],
        trace: Trace | str = "shell-2024",
        panes: Iterable[type[Owner]] = (),
        live: LiveOptions | None = None,
        keeper: Keeper | None = None,
        monitor: Watch | None = None,
        replay: ReplayClock | None = None,
        config: Config | None = None,
        memory: Memory | None = None,
        **options: Any,
    ) -> None:
        """Open a recording by its name, or take a trace; `panes` have commands, but are not there."""
        opened = Trace.open(TRACES / f"{trace}.trace") if isinstance(trace, str) else trace
        self.model = Model(opened, live=live, zone=UTC, **options)
        _opened.append(self)
        self.keeper, self.monitor, self.replay = keeper, monitor, replay
        self.config = config or Config(config_path())
        self.clipboard: list[str] = []
        """What the terminal was asked to put on the clipboard."""
        self.picked_field: FieldView | None = None
        self.has_mouse = True
        self.picked_process: tuple[Process, int | None] | None = None
        self.focused_line = ""
        self.told: list[tuple[str, Level]] = []
        """Notes shown, with their levels."""
        self.question: Question | None = None
        self.choice: Choice | None = None
        self.text: Text | None = None
        self.pane = "stream"
        self.focused = "stream"
        self.parts = FakeParts()
        self.is_dark = True
        self.zoomed = False
        self.has_stopped = False
        self.programs: list[list[str]] = []
        """What the terminal was given to."""
        self.drawn = 0
        """How often the stream was to be drawn anew."""
        self.has_left = False
        self.has_palette = False
        self.later: list[Callable[[], None]] = []
        """What waits for its time."""
        viewer: Viewer = self
        self.commands = Commands((*features, *panes), self._find)
        self.features: dict[type, Feature] = {}
        for kind in features:
            self.features[kind] = kind(viewer)
        self.catch_up()
        for feature in self.features.values():
            feature.recall((memory or {}).get(feature.prefix, {}))
            feature.opened()

    def _find(self, owner: type[Owner]) -> object:
        return self.features[owner]

    def feature(self, kind: type[_Feature]) -> _Feature:
        """The feature of a class."""
        found = self.features[kind]
        assert isinstance(found, kind)
        return found

    def catch_up(self) -> None:
        """Read all that the trace holds."""
        while self.model.refresh(1.0):
            pass
        if self.model.following and self.model.view.count:
            self.model.cursor = self.model.view[self.model.view.count - 1]
        elif self.model.cursor is None and self.model.view.count:
            self.model.cursor = self.model.view[0]

    @property
    def said(self) -> str:
        """All notes as one text."""
        return "\n".join(text for text, _ in self.told)

    def type(self, text: str) -> Mistake | None:
        """Answer the question that is asked; what is wrong with the answer."""
        question = self.question
        assert question is not None, "nothing is asked"
        if question.typed is not None:
            question.typed(text)
        problem = question.done(text)
        if problem is None and self.question is question:
            self.question = None
        if problem is None and question.then is not None:
            question.then(text)
        return problem

    def pick(self, key: str) -> None:
        """Pick from the list that is open."""
        choice = self.choice
        assert choice is not None, "no list is open"
        entry = next(each for each in choice.entries if each.key == key)
        assert entry.enabled
        if choice.switched is not None:
            choice.switched(key)
            return
        self.choice = None
        choice.picked(key)

    def do_what_waits(self) -> None:
        """Have the time come for all that waits for it now."""
        waiting, self.later = self.later, []
        for act in waiting:
            act()

    def selected_message(self) -> Row | None:
        model = self.model
        if model.cursor is not None and model.cursor >= model.trace.first_row:
            row = model.trace.row(model.cursor)
            if row.kind == Kind.MESSAGE:
                return row
        self.tell("Select a message first.", "warning")
        return None

    def tell(self, text: str, level: Level = "information") -> None:
        self.told.append((text, level))

    def check(self, text: str) -> Mistake | None:
        try:
            self.model.check(text)
        except FilterError as error:
            return Mistake(error.explanation, error.column)
        return None

    def ask(self, question: Question) -> None:
        self.question = question

    def choose(self, choice: Choice) -> None:
        self.choice = choice

    def read(self, text: Text) -> None:
        self.text = text

    def refilter(self) -> None:
        self.model.apply_chips()
        self.catch_up()

    def show_news(self) -> None:
        pass

    def redraw_rows(self) -> None:
        self.drawn += 1

    def jump(self, row_id: int) -> None:
        view = self.model.view
        self.model.following = False
        if view.count:
            shown = self.model.stand_in(row_id)
            self.model.cursor = view[min(view.position_of(shown), view.count - 1)]

    def go_to(self, row_id: int) -> None:
        if self.replay is not None and self.replay.is_on:
            self.stand_at(row_id)
        else:
            self.jump(row_id)

    def stand_at(self, row_id: int | None) -> None:
        if self.replay is None:
            self.model.put_aside()
            self.replay = ReplayClock(self.model.trace, None)
        self.model.stand_at(self.replay, row_id)
        if self.model.is_live:
            self.replay = None
        if row_id is not None:
            self.follow()

    def follow(self) -> None:
        self.model.following = True
        self.catch_up()

    def pause(self) -> None:
        self.model.following = False

    def show_pane(self, pane_id: str) -> None:
        self.pane = self.focused = pane_id
        for feature in self.features.values():
            feature.pane_shown(pane_id)

    @property
    def focused_pane(self) -> str:
        return self.focused

    @property
    def window(self) -> tuple[int, int] | None:
        view = self.model.view
        return (view[0], view[min(view.count, 40) - 1]) if view.count else None

    def focus_pane(self, pane_id: str) -> None:
        self.focused = pane_id

    @property
    def theme_name(self) -> str:
        return "gvtui-dark" if self.is_dark else "gvtui-light"

    def use_theme(self, name: str) -> bool:
        self.is_dark = not name.endswith("light")
        return name.endswith(("light", "dark"))

    def move_focus(self, step: int) -> None:
        parts = ("stream", "detail", "sandboxes")
        self.focused = parts[(parts.index(self.focused) + step) % len(parts)]

    def toggle_theme(self) -> None:
        self.is_dark = not self.is_dark

    def narrow(self, field: str, value: int | str) -> None:
        self.model.chips.flip(equals(field, value), field)
        self.refilter()

    def entered(self) -> None:
        any(feature.entered() for feature in self.features.values())

    def escaped(self) -> bool:
        return any(feature.escaped() for feature in self.features.values())

    @property
    def is_zoomed(self) -> bool:
        return self.zoomed

    def toggle_zoom(self) -> None:
        self.zoomed = not self.zoomed

    def leave_part(self) -> bool:
        left, self.focused = self.focused != self.pane, self.pane
        return left

    def advice(self) -> list[str]:
        return [line for feature in self.features.values() for line in feature.advice()]

    def remedy(self) -> str:
        return next(filter(None, (each.remedy() for each in self.features.values())), "")

    def take_trace(self, trace: Trace) -> None:
        self.model.trace.close()
        self.model.replace_trace(trace)
        self.catch_up()

    def stop_process(self) -> None:
        self.has_stopped = True

    def run_over(self, command: Sequence[str]) -> None:
        self.programs.append(list(command))

    def quit(self) -> None:
        if all(feature.may_leave(self.leave) for feature in self.features.values()):
            self.leave()

    def is_shown(self, pane_id: str) -> bool:
        return pane_id in (self.pane, self.focused)

    def show_rows(self, chip: Chip, row: int | None = None) -> None:
        self.model.chips.add(chip)
        self.refilter()
        if row is not None:
            self.jump(row)
        self.show_pane("stream")

    def run_command(self, line: str) -> None:
        self.commands.execute(line)

    def find_command(self) -> None:
        self.has_palette = True

    def in_thread(
        self,
        work: Callable[[], _Found],
        then: Callable[[_Found], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do it at once; what it raises is taken as a thread's would be."""
        try:
            found = work()
        except (GvtuiError, OSError) as error:
            if failed is None:
                self.tell(str(error), "error")
            else:
                failed(error)
        else:
            then(found)

    def hand_over(self, act: Callable[[], None]) -> None:
        act()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self.later.append(act)

    def send_to_clipboard(self, text: str) -> None:
        self.clipboard.append(text)

    def take_mouse(self, take: bool) -> None:
        self.has_mouse = take

    def leave(self) -> None:
        self.has_left = True
