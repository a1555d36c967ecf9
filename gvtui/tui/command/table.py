"""Every key of the viewer, in one place: bindings, footer, help screen and palette come from here."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can ask for."""

    action: str
    """Textual action, as in `action_follow`; also the binding's id."""
    keys: str
    """Keys that call it, separated by commas, in Textual's names."""
    title: str
    """What it does, for the palette and the help screen."""
    group: str
    """Heading on the help screen."""
    owner: str = "app"
    """Where the key works: everywhere (`app`), or in what has the focus: `stream`, `list` (of
    sandboxes), `chips`, `detail`, `processes`, `numbers`, `bands`; `lines` stands for the last three."""
    footer: str = ""
    """Short label in the footer; empty keeps it out of there."""
    shown_key: str = ""
    """How the keys are written, where their names do not serve."""
    priority: bool = False
    """Whether it comes before the focused widget's own keys."""

    @property
    def key_text(self) -> str:
        """The keys as a person reads them."""
        return self.shown_key or " ".join(_KEY_WORDS.get(key, key) for key in self.keys.split(","))


_KEY_WORDS = {
    "question_mark": "?",
    "backslash": "\\",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "enter": "Enter",
    "escape": "Esc",
    "backspace": "⌫",
    "delete": "Del",
    "space": "space",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "tab": "Tab",
    "slash": "/",
    "asterisk": "*",
    "full_stop": ".",
    "comma": ",",
    "apostrophe": "'",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "vertical_line": "|",
    "f2": "F2",
    "f3": "F3",
}

FOLLOWING, FILTER, SCREEN, TRACE, MOVING = "Following", "Filter", "Screen", "Recording", "Moving"
POINTS, FIELDS = "What is traced", "In the details"
PROCESSES, NUMBERS = "In the processes", "In the numbers"

COMMANDS: tuple[Command, ...] = (
    Command("follow", "space", "Pause, or follow the newest rows", FOLLOWING, footer="pause"),
    Command("newest", "end", "Go to the newest row and follow", FOLLOWING, "stream"),
    Command("slower", "less_than_sign", "Play at half the speed", FOLLOWING),
    Command("faster", "greater_than_sign", "Play at twice the speed", FOLLOWING),
    Command("move(-1)", "up", "Up one row; pauses following", MOVING, "stream"),
    Command("move(1)", "down", "Down one row", MOVING, "stream"),
    Command("page(-1)", "pageup", "Up one screen", MOVING, "stream"),
    Command("page(1)", "pagedown", "Down one screen", MOVING, "stream"),
    Command("oldest", "home", "Go to the oldest row", MOVING, "stream"),
    Command("shift(-1)", "left", "Show the arguments further left", MOVING, "stream"),
    Command("shift(1)", "right", "Show the arguments further right", MOVING, "stream"),
    Command("goto", "g", "Go to a time or a row number", MOVING, footer=""),
    Command("timeline(-1)", "left_square_bracket", "Back along the timeline", MOVING),
    Command("timeline(1)", "right_square_bracket", "On along the timeline", MOVING),
    Command("drop(-1)", "left_curly_bracket", "Where points were last dropped", MOVING),
    Command("drop(1)", "right_curly_bracket", "Where points are next dropped", MOVING),
    Command("search", "slash", "Search text in the rows", MOVING, footer="search"),
    Command("search_next(1)", "full_stop,f3", "The next row that has the text", MOVING),
    Command(
        "search_next(-1)",
        "comma,shift+f3",
        "The row before that has it",
        MOVING,
        shown_key=", Shift+F3",
    ),
    Command("enter", "enter", "The next match; else to the fields", MOVING, "stream"),
    Command("leave", "escape", "Search no more", MOVING, "stream"),
    Command("drill_back", "r", "Back to where Enter led here from, with its filters", MOVING),
    Command("pid", "p", "Only this row's process; again: all", FILTER, footer="process"),
    Command("name", "n", "Only this row's process name; again: all", FILTER, footer="name"),
    Command("pid_value", "P", "Only, or without, pids that you type", FILTER),
    Command("name_value", "N", "Only, or without, process names that you type", FILTER),
    Command("enter_only", "e", "Only enter rows; again: both", FILTER, footer="enter"),
    Command("exit_only", "x", "Only exit rows; again: both", FILTER, footer="exit"),
    Command("filter", "f", "Type a filter", FILTER, footer="filter"),
    Command("filter_help", "f2", "What filters can say: fields, operators, sets", FILTER),
    Command("suspend", "backslash", "Switch all filters off, and on again", FILTER),
    Command("remove_chip", "backspace", "Remove the last filter", FILTER),
    Command("toggle_chip", "space", "Switch this filter off, and on again", FILTER, "chips"),
    Command("edit_chip", "enter", "Change this filter", FILTER, "chips"),
    Command("delete_chip", "delete,backspace", "Remove this filter", FILTER, "chips"),
    Command("chip(-1)", "left", "The filter to the left", FILTER, "chips"),
    Command("chip(1)", "right", "The filter to the right", FILTER, "chips"),
    Command("move(-1)", "up", "Up one sandbox", SCREEN, "list"),
    Command("move(1)", "down", "Down one sandbox", SCREEN, "list"),
    Command("choose", "enter", "Only this sandbox; again: all", SCREEN, "list"),
    Command("move(-1)", "up", "Up one line", MOVING, "lines"),
    Command("move(1)", "down", "Down one line", MOVING, "lines"),
    Command("page(-1)", "pageup", "Up one screen of lines", MOVING, "lines"),
    Command("page(1)", "pagedown", "Down one screen of lines", MOVING, "lines"),
    Command("first", "home", "The first line", MOVING, "lines"),
    Command("last", "end", "The last line", MOVING, "lines"),
    Command("fold(1)", "right", "Show children; programs and threads", PROCESSES, "processes"),
    Command("fold(-1)", "left", "Show less; then go to the parent", PROCESSES, "processes"),
    Command(
        "filter_process", "enter", "Only this process's rows", PROCESSES, "processes", "this one"
    ),
    Command(
        "filter_subtree",
        "s",
        "Only its rows and those of all that it started",
        PROCESSES,
        "processes",
        footer="its subtree",
    ),
    Command(
        "ask",
        "L",
        "Ask the sandboxes again what runs in them",
        PROCESSES,
        "processes",
        footer="ask again",
    ),
    Command("table(-1)", "left", "The table to the left", NUMBERS, "numbers"),
    Command("table(1)", "right", "The table to the right", NUMBERS, "numbers", "other table"),
    Command("sort", "s", "Sort by the next column", NUMBERS, "numbers", "sort"),
    Command("reverse", "S", "Sort the other way round", NUMBERS, "numbers"),
    Command("drill", "enter", "Only the rows behind this line", NUMBERS, "numbers", "its rows"),
    Command("drill", "enter", "Only the calls that took so long", NUMBERS, "bands", "these calls"),
    Command(
        "points",
        "o",
        "Choose what is traced; again: on the whole right side",
        POINTS,
        footer="points",
    ),
    Command("apply", "a", "Apply what is staged", POINTS, footer="apply"),
    Command("apply_all", "A", "Apply what is staged to all sandboxes", POINTS),
    Command("undo", "u", "Undo the last change of what is staged", POINTS),
    Command("discard", "U", "Stage what is applied; undo brings the rest back", POINTS),
    Command("stop_point", "s", "Stop tracing this row's point", POINTS),
    Command("more_of_process", "M", "Trace this process's files, sockets, ...", POINTS),
    Command("add_needed", "F", "Collect the fields that filter, calls or numbers need", POINTS),
    Command("move(-1)", "up", "Up one line of the points", POINTS, "points"),
    Command("move(1)", "down", "Down one line of the points", POINTS, "points"),
    Command("page(-1)", "pageup", "Up one screen of points", POINTS, "points"),
    Command("page(1)", "pagedown", "Down one screen of points", POINTS, "points"),
    Command("first", "home", "The first line of the points", POINTS, "points"),
    Command("last", "end", "The last line of the points", POINTS, "points"),
    Command("open", "right", "Show what is beneath: calls, fields", POINTS, "points"),
    Command("close", "left", "Hide what is beneath; then go up", POINTS, "points"),
    Command("unfold", "enter", "Show or hide what is beneath", POINTS, "points"),
    Command("unfold_all", "asterisk", "Show or hide everything", POINTS, "points"),
    Command("switch", "space", "Switch this point, field or group", POINTS, "points", "on/off"),
    Command("switch('E')", "e", "Switch its enter side", POINTS, "points", "enter"),
    Command("switch('X')", "x", "Switch its exit side", POINTS, "points", "exit"),
    Command("search", "slash", "Find points by name, purpose or field", POINTS, "points", "find"),
    Command("clear_search", "escape", "Show all points; then leave them", POINTS, "points"),
    Command(
        "group", "g", "Group by component, or by what calls are for", POINTS, "points", "group"
    ),
    Command("only_on", "h", "Only the points that are on; again: all", POINTS, "points"),
    Command("target", "c", "The next sandbox", POINTS, "points", "sandbox"),
    Command("ask('preview')", "v", "What applying changes, as JSON", POINTS, "points", "changes"),
    Command("ask('load')", "L", "Stage a preset, or what was saved", POINTS, "points", "presets"),
    Command("ask('save')", "S", "Save what is staged, under a name", POINTS, "points"),
    Command("ask('tuning')", "T", "Lose nothing, or cost least", POINTS, "points"),
    Command("ask('said')", "i", "All that runsc said about the last change", POINTS, "points"),
    Command("ask('install')", "y", "How containers that start later get it", POINTS, "points"),
    Command("field(-1)", "up", "The field above", FIELDS, "detail"),
    Command("field(1)", "down", "The field below", FIELDS, "detail"),
    Command("use('menu')", "enter", "What can be done with this field", FIELDS, "detail", "use"),
    Command("use('only')", "plus,equals_sign", "Filter to this", FIELDS, "detail", "only this"),
    Command("use('without')", "minus", "Filter this out", FIELDS, "detail", "not this"),
    Command(
        "use('column')",
        "vertical_line",
        "Show it as a column, or no more",
        FIELDS,
        "detail",
        footer="column",
    ),
    Command("tab('stream')", "1", "The stream of rows", SCREEN),
    Command("tab('processes')", "2", "The tree of processes", SCREEN),
    Command("tab('numbers')", "3", "Counts, errors and durations", SCREEN),
    Command("tab('points-large')", "4", "The trace points", SCREEN),
    Command("time", "t", "Time of day, since the first row, or since the row above", SCREEN),
    Command("calls", "c", "A call as one row, or its enter and its exit", SCREEN, footer="calls"),
    Command("columns", "C", "Choose the columns", SCREEN),
    Command("hex", "h", "The selected message's bytes, in hex", SCREEN, footer="hex"),
    Command("detail", "d", "Show or hide the details", SCREEN),
    Command("sidebar", "b", "Show or hide the sandboxes", SCREEN),
    Command("log", "l", "What the monitor said", SCREEN),
    Command("theme", "ctrl+t", "Light or dark", SCREEN, shown_key="Ctrl+T"),
    Command(
        "keep",
        "k,ctrl+s",
        "Keep what has been seen, in a file",
        TRACE,
        footer="keep",
        shown_key="k Ctrl+S",
    ),
    Command(
        "stop_here",
        "ctrl+z",
        "Back to the shell until fg; recording goes on",
        SCREEN,
        shown_key="Ctrl+Z",
    ),
    Command("restart", "R", "Start the monitor again, after it has failed", TRACE),
    Command("help", "question_mark,f1", "All keys", SCREEN, footer="help", shown_key="? F1"),
    Command("quit", "q,ctrl+q", "Leave", SCREEN, shown_key="q Ctrl+Q"),
)
"""All commands, in the order of the help screen within their groups."""


PLACES = {
    "stream": ("stream", "stream"),
    "list": ("", "sandboxes"),
    "chips": ("", "filterbar"),
    "detail": ("", "detail"),
    "points": ("points-large", "points-large"),
    "lines": ("processes", "processes"),
    "processes": ("processes", "processes"),
    "numbers": ("numbers", "numbers-table"),
    "bands": ("numbers", "numbers-bands"),
}
"""Where the keys of an owner work: the tab, "" for none, and the widget's id."""

_WHERE = {
    "list": " (in the sandboxes)",
    "chips": " (in the filters)",
    "lines": " (in the processes and numbers)",
    "bands": " (in the histogram)",
}


def where(command: Command) -> str:
    """The part of the screen where a key works, if its title does not tell."""
    return _WHERE.get(command.owner, "")


def bindings(owner: str) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The Textual bindings of the commands that work in `owner`."""
    return [
        Binding(
            command.keys,
            command.action,
            command.footer or command.title,
            show=bool(command.footer),
            priority=command.priority,
            key_display=command.key_text.split(" ")[0],
        )
        for command in COMMANDS
        if command.owner == owner
    ]


def groups() -> dict[str, list[Command]]:
    """The commands by heading, headings in the order of the help screen."""
    found: dict[str, list[Command]] = {}
    for heading in (FOLLOWING, MOVING, FILTER, FIELDS, POINTS, PROCESSES, NUMBERS, SCREEN, TRACE):
        found[heading] = [command for command in COMMANDS if command.group == heading]
    return found
