"""Interactive shells in a terminal of their own, to press keys in."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.monitor.sandbox import wait_until

SETUP = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "source <(gvtui completion bash)",
        """set +o history; bind -x '"\\C-g": printf "%s" "$READLINE_LINE" > @FILE@'; """
        "bind 'set show-all-if-ambiguous off'; bind 'set bell-style none'",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -Uz compinit; compinit -u -D; source <(gvtui completion zsh)",
        "tell() { print -rn -- \"$BUFFER\" > @FILE@ }; zle -N tell; bindkey -e; bindkey '^G' tell; "
        "unsetopt automenu listbeep",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "gvtui completion fish | source",
        "bind \\cg 'commandline | string collect > @FILE@'",
    ),
}
"""For each shell, how to start it, and what to type first: what loads the completion; then a key,
Ctrl-G, that tells what stands on the line."""


class Shell:
    """A shell with gvtui's completion. Use as a context manager; `folder` is where it works."""

    def __init__(self, name: str, folder: Path, load: str = "") -> None:
        """Start it; `load` gets it the completion in another way than by `gvtui completion`."""
        if shutil.which(name) is None:
            pytest.skip(f"no {name} on this machine")
        command, usual, keys = SETUP[name]
        setup = f"{load or usual}; {keys}"
        self.folder = folder
        self._line = folder / ".line"
        self._ours, theirs = pty.openpty()
        programs = Path(sys.executable).parent
        environ = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
        }
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=environ,
        )
        os.close(theirs)
        self.screen = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        ready = folder / ".ready"
        self.type(f"{setup.replace('@FILE@', str(self._line))}; touch {ready}\n")
        assert wait_until(ready.exists), self.screen

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
        self._reader.join()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 4096)
            except OSError:
                return
            if not data:
                return
            self.screen += data

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def complete(self, text: str) -> str:
        """What is on the line after it was typed and Tab was pressed; the line is empty then."""
        self._line.unlink(missing_ok=True)
        self.type(f"{text}\t\x07")
        assert wait_until(self._line.exists), self.screen
        assert wait_until(lambda: self._line.read_text() != ""), self.screen
        found = self._line.read_text()
        self.type("\x15")
        return found.rstrip("\n")
