"""The viewer's two themes: calm, with colours only for kinds of rows and for errors."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DARK_NAME, LIGHT_NAME = "gvtui-dark", "gvtui-light"

THEMES = {"dark": DARK_NAME, "light": LIGHT_NAME}
"""The names that a configuration may use, with the themes' names in Textual."""


def theme_names() -> list[str]:
    """What a configuration may name a theme: the viewer's own, and Textual's."""
    return [*THEMES, *THEMES.values(), *BUILTIN_THEMES]


_DARK = {
    "gv-heading": "#7d8794",
    "gv-time": "#76808d",
    "gv-sandbox": "#8b95a3",
    "gv-pid": "#a3adba",
    "gv-process": "#d5c79f",
    "gv-enter": "#6cb6ff",
    "gv-exit": "#7fb685",
    "gv-event": "#c5a3f0",
    "gv-failed": "#f2877a",
    "gv-bad": "#e8b75d",
    "gv-drop": "#ff6b62",
    "gv-note": "#8fb8c9",
    "gv-name": "#e4e8ee",
    "gv-arguments": "#b9c1cc",
    "gv-returned": "#8d97a5",
    "gv-faint": "#626c79",
    "gv-result": "#a9d1ad",
    "gv-cursor": "#243449",
    "gv-bar": "#1d232c",
    "gv-chip": "#28405c",
    "gv-alarm": "#8f2a26",
    "gv-alarm-text": "#ffffff",
    "footer-background": "#1d232c",
    "footer-key-foreground": "#6cb6ff",
    "footer-description-foreground": "#93a0af",
    "scrollbar": "#323b47",
    "scrollbar-hover": "#465262",
    "scrollbar-active": "#6cb6ff",
    "scrollbar-background": "#14181e",
    "scrollbar-background-hover": "#14181e",
    "scrollbar-background-active": "#14181e",
}

_LIGHT = {
    "gv-heading": "#66707c",
    "gv-time": "#6a7480",
    "gv-sandbox": "#5c6672",
    "gv-pid": "#4a5460",
    "gv-process": "#7a5a10",
    "gv-enter": "#0b62c4",
    "gv-exit": "#2a7a3b",
    "gv-event": "#7a3fc0",
    "gv-failed": "#b8301f",
    "gv-bad": "#8f5b00",
    "gv-drop": "#c8161d",
    "gv-note": "#2b6b80",
    "gv-name": "#14181e",
    "gv-arguments": "#353d47",
    "gv-returned": "#5f6975",
    "gv-faint": "#8a939e",
    "gv-result": "#22662f",
    "gv-cursor": "#d5e5f8",
    "gv-bar": "#e6e9ee",
    "gv-chip": "#cfe0f5",
    "gv-alarm": "#b3261e",
    "gv-alarm-text": "#ffffff",
    "footer-background": "#e6e9ee",
    "footer-key-foreground": "#0b62c4",
    "footer-description-foreground": "#4d5763",
    "scrollbar": "#c3cad3",
    "scrollbar-hover": "#a9b2bd",
    "scrollbar-active": "#0b62c4",
    "scrollbar-background": "#fbfcfd",
    "scrollbar-background-hover": "#fbfcfd",
    "scrollbar-background-active": "#fbfcfd",
}

DEFAULT_VARIABLES = {name: value for name, value in _DARK.items() if name.startswith("gv-")}
"""The viewer's own colours, for Textual's other themes."""

DARK = Theme(
    name=DARK_NAME,
    primary="#6cb6ff",
    secondary="#8fb8c9",
    accent="#c5a3f0",
    foreground="#c9d0d9",
    background="#14181e",
    surface="#14181e",
    panel="#1d232c",
    success="#7fb685",
    warning="#e8b75d",
    error="#ff6b62",
    dark=True,
    variables=_DARK,
)

LIGHT = Theme(
    name=LIGHT_NAME,
    primary="#0b62c4",
    secondary="#2b6b80",
    accent="#7a3fc0",
    foreground="#20262e",
    background="#fbfcfd",
    surface="#fbfcfd",
    panel="#eceff3",
    success="#2a7a3b",
    warning="#8f5b00",
    error="#c8161d",
    dark=False,
    variables=_LIGHT,
)
