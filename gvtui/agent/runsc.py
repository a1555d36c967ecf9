"""Runs runsc: each call has a time limit, uses no shell, and puts errors into plain words.

All functions block until runsc has answered; a viewer calls them in a thread.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

from gvtui.agent.plain import plain_sentence, unknown_key
from gvtui.errors import GvtuiError
from gvtui.files import read_up_to
from gvtui.points.catalogue import Catalogue, parse_metadata
from gvtui.points.session import NEWER_KEYS, SESSION_NAME

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

DEFAULT_TIMEOUT = 10.0
"""How many seconds a call of runsc may take; 25 ms are usual."""

MAX_OUTPUT = 16 << 20
"""How many bytes runsc may print; it is killed when it prints more."""

_MAX_DETAIL = 1 << 16
"""How many characters of a call's output are kept for the user: the last ones."""

_AFTER_KILL = 5.0
_LOOK_SECONDS = 0.1
"""After how many seconds each a call's output and the event `stop` are checked again."""

_NO_SANDBOX = "gvtui-no-such-sandbox"
_ID = re.compile(r"[A-Za-z0-9_+.][A-Za-z0-9_+.\-]{0,1023}")
_VERSION = re.compile(r"^runsc version(?: (?:release-)?([!-~]*))?[ \r]*$", re.MULTILINE)
_NO_VERSION = "VERSION_MISSING"
"""Printed by a plain build of gVisor in place of a version."""

_SINK = re.compile(r"\s+Sink: (?P<name>\"[^\"]*\"), dropped: (?P<dropped>\d{1,20})(?!\d)")


class RunscError(GvtuiError):
    """A call of runsc failed: the message is one sentence, `detail` has all that runsc said."""

    def __init__(self, message: str, detail: str = "", call: RunscCall | None = None) -> None:
        super().__init__(message)
        self.detail = detail or message
        self.call = call


class StoppedError(RunscError):
    """A call of runsc was ended because its answer is not needed any more."""


@dataclass(frozen=True, slots=True)
class RunscCall:
    """A finished call of runsc."""

    words: tuple[str, ...]
    pid: int
    returncode: int | None
    """The exit status; negative for a signal; None if gvtui killed it at one of its limits."""
    stdout: str
    stderr: str
    started_ns: int
    ended_ns: int
    """Both times are Unix times in nanoseconds."""
    printed_too_much: bool = False
    """Whether it was killed because it printed more than `MAX_OUTPUT`."""

    @property
    def succeeded(self) -> bool:
        """Whether runsc ended with status 0."""
        return self.returncode == 0

    @property
    def answered(self) -> bool:
        """Whether runsc ended on its own, so that its output can be relied on."""
        return self.returncode is not None and self.returncode >= 0

    @property
    def detail(self) -> str:
        """The command line and all output, for a user who wants the full text."""
        limit = "size" if self.printed_too_much else "time"
        is_killed = self.returncode is None
        end = f"killed at its {limit} limit" if is_killed else f"exit {self.returncode}"
        said = (self.stderr or self.stdout).strip() or "(it said nothing)"
        if len(said) > _MAX_DETAIL:
            said = f"(what came before is left out) {said[-_MAX_DETAIL:]}"
        return f"$ {' '.join(self.words)}\n{said}\n[{end}]"

    def error(self, container_id: str = "", root: str = "") -> RunscError:
        """The error that says in plain words why the call failed."""
        if self.printed_too_much:
            size = f"{MAX_OUTPUT >> 20} MiB"
            message = f"runsc printed more than {size} and was stopped"
        elif self.returncode is None:
            seconds = (self.ended_ns - self.started_ns) / 1e9
            message = f"runsc did not answer within {seconds:.0f} s and was stopped"
        elif self.returncode < 0:
            message = f"runsc was ended by {_signal_name(-self.returncode)}"
        else:
            message = plain_sentence(self.stderr or self.stdout, container_id, root)
        return RunscError(message, self.detail, self)


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """A sink of a running session, with its count of drops."""

    name: str
    dropped: int
    """How many points it failed to send since the session began."""


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A running session as `runsc trace list` describes it: without its points."""

    name: str
    sinks: tuple[SinkStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Runsc:
    """A runsc binary."""

    path: str
    timeout: float = DEFAULT_TIMEOUT
    """Seconds for each call."""
    stop: threading.Event | None = field(default=None, compare=False, repr=False)
    """Once this event is set, running calls are ended, and new ones are refused."""

    def call(
        self,
        *words: str,
        root: Path | str | None = None,
        timeout: float | None = None,
        on_start: Callable[[int], None] | None = None,
    ) -> RunscCall:
        """Run runsc and wait until it ends or the time limit is over.

        The terminal's Ctrl-C does not reach it, so that it cannot interrupt a change half way.

        Args:
            words: the arguments.
            root: the value of `--root`.
            timeout: seconds; this object's `timeout` if not given.
            on_start: called with runsc's pid as soon as it runs.

        Raises:
            RunscError: runsc could not be started.
            StoppedError: `stop` was set.
        """
        if self.stop is not None and self.stop.is_set():
            raise StoppedError("runsc is not asked any more")
        flags = [f"--root={root}"] if root is not None else []
        command = [self.path, *flags, *words]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            started = time.time_ns()
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            except OSError as error:
                raise RunscError(f"cannot run {self.path}: {error.strerror}") from error
            returncode: int | None
            try:
                if on_start is not None:
                    on_start(process.pid)
                limit = self.timeout if timeout is None else timeout
                returncode = _wait(process, (out, err), limit, self.stop)
            finally:
                if process.poll() is None:
                    _kill(process)
            ended = time.time_ns()
            texts = (_text(out), _text(err))
            is_over = returncode is None and _is_too_much(out, err)
        return RunscCall(tuple(command), process.pid, returncode, *texts, started, ended, is_over)

    def checked(self, *words: str, root: Path | str | None = None, container_id: str = "") -> str:
        """Run runsc and return its stdout.

        Raises:
            RunscError: runsc could not be started, failed, or took too long.
        """
        call = self.call(*words, root=root)
        if not call.succeeded:
            raise call.error(container_id, str(root or ""))
        return call.stdout

    def version(self) -> str:
        """The binary's version, such as `0.0~20240729.0`, `20260817.0` or `VERSION_MISSING`."""
        found = _VERSION.search(self.checked("--version"))
        if not found:
            raise RunscError(f"{self.path} does not say that it is runsc")
        return found[1] or _NO_VERSION

    def catalogue(self) -> Catalogue:
        """The trace points that the binary offers; a running sandbox may be of an older binary.

        Raises:
            CatalogueError: the list could not be understood.
        """
        version = self.version()
        offered = parse_metadata(self.checked("trace", "metadata"), f"runsc {version}")
        return replace(offered, lacking_keys=self.lacking_keys())

    def lacking_keys(self) -> frozenset[str]:
        """The newer session keys that this binary refuses.

        It is asked to make a session in a sandbox that does not exist: it reads the file first.
        """
        with tempfile.TemporaryDirectory() as root:
            lacking = set()
            for key in NEWER_KEYS:
                text = json.dumps({"trace_session": {key: None}})
                call = self.create_session(root, _NO_SANDBOX, text, force=False)
                if unknown_key(call.stderr) == key:
                    lacking.add(key)
        return frozenset(lacking)

    def list_sessions(self, root: Path | str, sandbox_id: str) -> list[SessionStatus]:
        """The sessions that a sandbox runs; gVisor allows one today."""
        checked_id(sandbox_id)
        text = self.checked("trace", "list", sandbox_id, root=root, container_id=sandbox_id)
        return parse_sessions(text)

    def delete_session(self, root: Path | str, sandbox_id: str) -> None:
        """End a sandbox's session."""
        checked_id(sandbox_id)
        words = ("trace", "delete", f"--name={SESSION_NAME}", sandbox_id)
        self.checked(*words, root=root, container_id=sandbox_id)

    def create_session(
        self,
        root: Path | str,
        sandbox_id: str,
        text: str,
        *,
        force: bool,
        on_start: Callable[[int], None] | None = None,
        timeout: float | None = None,
    ) -> RunscCall:
        """Ask runsc to make a session; the caller reads the result from the call.

        Args:
            root: runsc's root.
            sandbox_id: the sandbox.
            text: the session file's text.
            force: replace a running session. runsc deletes it before it reads the new one.
            on_start: called with runsc's pid, which is the peer's pid of the connection to come.
            timeout: seconds; the connection's handshake has no limit of its own.
        """
        checked_id(sandbox_id)
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            words = ["trace", "create", f"--config={file.name}"]
            words += ["--force"] if force else []
            return self.call(*words, sandbox_id, root=root, on_start=on_start, timeout=timeout)

    def procfs(self, root: Path | str, sandbox_id: str) -> str:
        """The sandbox's processes now, as `runsc trace procfs` prints them."""
        checked_id(sandbox_id)
        return self.checked("trace", "procfs", sandbox_id, root=root, container_id=sandbox_id)

    def pids(self, root: Path | str, container_id: str) -> list[int]:
        """The thread group ids of a container's processes, those of the whole sandbox."""
        checked_id(container_id)
        words = ("ps", "-format=json", container_id)
        values = parse_json(self.checked(*words, root=root, container_id=container_id))
        return [value for value in values if isinstance(value, int)]

    def list_containers(self, root: Path | str) -> list[dict[str, Any]]:
        """The objects that `runsc list -format=json` prints."""
        values = parse_json(self.checked("list", "-format=json", root=root))
        return [value for value in values if isinstance(value, dict)]


def checked_id(container_id: str) -> str:
    """Return the ID if its form is valid.

    Raises:
        RunscError: the text has characters that no ID has, or looks like a flag.
    """
    if not _ID.fullmatch(container_id):
        raise RunscError(f"{container_id!r} is no container ID")
    return container_id


def parse_json(text: str) -> list[Any]:
    """A JSON list that runsc printed; its `null` is an empty one."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RunscError("runsc printed no JSON where it should have", text) from error
    if values is None:
        return []
    if not isinstance(values, list):
        raise RunscError("runsc printed no list where it should have", text)
    return values


def parse_sessions(text: str) -> list[SessionStatus]:
    """The sessions in the output of `runsc trace list`; other lines are skipped."""
    sessions: list[SessionStatus] = []
    for line in text.splitlines():
        sink = _SINK.match(line)
        if sink and sessions:
            last = sessions[-1]
            status = SinkStatus(sink["name"].strip('"'), int(sink["dropped"]))
            sessions[-1] = SessionStatus(last.name, (*last.sinks, status))
        elif line.startswith('"') and line.rstrip().endswith('"'):
            sessions.append(SessionStatus(line.strip().strip('"')))
    return sessions


def _wait(
    process: subprocess.Popen[bytes],
    files: tuple[IO[bytes], ...],
    timeout: float,
    stop: threading.Event | None,
) -> int | None:
    """Wait for a process; gives its exit status, or None at the limit of time or output.

    Raises:
        StoppedError: `stop` was set.
    """
    deadline = time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        try:
            return process.wait(max(0.0, min(left, _LOOK_SECONDS)))
        except subprocess.TimeoutExpired:
            if left <= _LOOK_SECONDS or _is_too_much(*files):
                return None
            if stop is not None and stop.is_set():
                raise StoppedError("runsc is not waited for any more") from None


def _is_too_much(*files: IO[bytes]) -> bool:
    return any(os.fstat(file.fileno()).st_size > MAX_OUTPUT for file in files)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_AFTER_KILL)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return read_up_to(file, MAX_OUTPUT).decode("utf-8", "replace")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
