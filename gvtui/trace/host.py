"""The machine that a recording comes from, as the header of its log tells it."""

from __future__ import annotations

import platform
from typing import Any

from gvtui.trace.details import text_in

_MAX_TEXT = 256
_NAMES = ("name", "kernel", "machine")


def this_host() -> dict[str, str]:
    """This machine, for a header: its name, its kernel's release and its processor."""
    system = platform.uname()
    return dict(zip(_NAMES, (system.node, system.release, system.machine), strict=True))


def host_in(head: dict[str, Any]) -> dict[str, str]:
    """What a header tells of the machine; without what it does not tell."""
    told = head.get("host")
    if not isinstance(told, dict):
        return {}
    texts = {name: text_in(told, name, _MAX_TEXT) for name in _NAMES}
    return {name: text for name, text in texts.items() if text}


def host_words(host: dict[str, str]) -> str:
    """The machine in words, such as `web-1, Linux 6.1.0 on x86_64`; "" if nothing is known."""
    kernel = f"Linux {host['kernel']}" if "kernel" in host else ""
    machine = f"on {host['machine']}" if "machine" in host else ""
    return ", ".join(filter(None, (host.get("name", ""), f"{kernel} {machine}".strip())))
