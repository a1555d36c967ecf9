"""What the Points pane lays over the viewer: a question, a change to look at, a long text."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gvtui.decode.escape import escape
from gvtui.points.costs import session_costs
from gvtui.points.document import dump_session
from gvtui.tui.frame.help import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult

    from gvtui.points.problems import Problem
    from gvtui.points.session import Session

_MAX_LINES = 3000
_CONTEXT_LINES = 2
_LOOKS = {"+": "$gv-exit", "-": "$gv-failed", "@": "$gv-enter"}


class ChoiceScreen(ModalScreen[str | None]):
    """A question with answers to choose from; escape chooses none."""

    BINDINGS: ClassVar = [Binding("escape,q", "dismiss(None)", "Close", show=False)]

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        """Ask.

        Args:
            question: in plain words.
            answers: for each, its id and its words.
        """
        super().__init__()
        self._question = question
        self._answers = answers

    def compose(self) -> ComposeResult:
        """The question above the answers."""
        with Vertical(classes="panel choice"):
            yield Static(self._question, markup=False)
            yield OptionList(
                *(Option(words, id=answer) for answer, words in self._answers),
                compact=True,
                markup=False,
            )

    def on_mount(self) -> None:
        """Keys choose at once."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This is the answer."""
        self.dismiss(event.option_id)


class TextScreen(Overlay):
    """A long text under a title."""

    BINDINGS: ClassVar = [Binding("escape,q,v,i,y", "dismiss", "Close", show=False)]

    def __init__(self, title: str, body: Content | str) -> None:
        super().__init__()
        self._title = title
        self._body = body

    def compose(self) -> ComposeResult:
        """The text in a panel that scrolls."""
        with VerticalScroll(classes="panel wide"):
            yield Static(Content.styled(f"{self._title}\n", "bold"))
            yield Static(self._body, markup=False)

    def on_mount(self) -> None:
        """Keys scroll at once."""
        self.query_one(VerticalScroll).focus()


def safe_lines(text: str) -> str:
    """A text of many lines, each harmless."""
    return "\n".join(escape(line) for line in text.splitlines()[:_MAX_LINES])


def diff_lines(old: Session | None, new: Session) -> list[str]:
    """What changes in a session's JSON, as lines that begin with `+`, `-`, a space or `@@`."""
    before = dump_session(old).splitlines() if old else []
    after = dump_session(new).splitlines()
    found = difflib.unified_diff(before, after, lineterm="", n=_CONTEXT_LINES)
    return [escape(line) for line in list(found)[2 : _MAX_LINES + 2]]


def preview(
    old: Session | None, new: Session, problems: Iterable[Problem], guessed: bool
) -> Content:
    """All that there is to say about a change before it is applied."""
    parts: list[str | tuple[str, str]] = []
    if guessed:
        parts.append(
            ("The session that runs cannot be read; this compares with what it has sent.\n\n",
             "$gv-bad")
        )  # fmt: skip
    for problem in problems:
        look = "$gv-drop" if problem.severity == "error" else "$gv-bad"
        parts.append((f"{problem.severity}: {escape(str(problem))}\n", look))
    parts += [(f"$ {hint}\n", "$gv-bad") for hint in session_costs(new)]
    if parts:
        parts.append("\n")
    lines = diff_lines(old, new)
    if not lines:
        parts.append("Nothing is staged: the session stays as it is.\n\n")
        lines = [f" {escape(line)}" for line in dump_session(new).splitlines()[:_MAX_LINES]]
    for line in lines:
        look = _LOOKS.get(line[:1], "")
        parts.append((f"{line}\n", look) if look else f"{line}\n")
    return Content.assemble(*parts)
