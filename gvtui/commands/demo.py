"""`gvtui demo`: starts a sandbox and watches it, or plays the recording of one."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from importlib import resources
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import files
from gvtui.commands.options import examples
from gvtui.commands.terminal import need_terminal
from gvtui.files import made
from gvtui.python import python
from gvtui.saying import say

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.commands.sandbox import UsableRunsc

_WAIT_SECONDS = 20.0
"""How many seconds the viewer may take until it listens."""

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"}
"""The whole environment that the sandbox gets."""

_END_SECONDS = 5.0
"""How many seconds the sandbox may take to end after its standard input has ended."""


@click.command(
    epilog=examples("gvtui demo", "gvtui demo --recorded", "gvtui demo --runsc /opt/runsc/runsc")
)
@click.option(
    "--runsc",
    metavar="BIN",
    help="The runsc to use; found in PATH if not given.",
    shell_complete=files(),
)
@click.option("--recorded", is_flag=True, help="Play the recording even if runsc could be used.")
@click.pass_context
def demo(ctx: click.Context, /, runsc: str | None, recorded: bool) -> None:
    """Show gvtui at work, with or without gVisor.

    If runsc can run a sandbox here, this starts one that works in a loop, and shows it. If not, a
    recording of a real sandbox is sent to the viewer's socket, again and again. The screen says
    which of the two it is.
    """
    need_terminal("gvtui print --listen PATH")
    from gvtui.agent.binaries import Binaries
    from gvtui.agent.scratch import scratch_folder
    from gvtui.commands.sandbox import Unusable, probe

    usable: UsableRunsc | Unusable
    if recorded:
        usable = Unusable("as asked for")
    else:
        say("gvtui: looking for a runsc that can run a sandbox here ...")
        known = Binaries([runsc] if runsc else [])
        found = known.all()
        refused = [f"{each.path} {each.why}" for each in known.refused]
        reason = "; ".join(refused) or "runsc is not installed"
        usable = probe(found[0].runsc.path) if found else Unusable(reason)
    with scratch_folder("gvtui-demo-") as folder:
        endpoint = folder / "events.sock"
        if isinstance(usable, Unusable):
            notice = (
                f" Demonstration: a recording of a real sandbox, again and again ({usable.reason})"
            )
            source = DemoProgram(recording_command(endpoint), endpoint, folder / "output")
        else:
            notice = (
                f" Demonstration: a sandbox of {usable.path} ({usable.platform}); "
                "it ends when you quit"
            )
            command = sandbox_command(usable, endpoint, folder)
            # `runsc do` keeps its state in a temporary folder, and leaves it there if killed.
            environment = {**_ENVIRONMENT, "TMPDIR": str(folder)}
            source = DemoProgram(command, endpoint, folder / "output", environment)
        ctx.exit(_watch(endpoint, notice, source))


def _watch(endpoint: Path, notice: str, source: DemoProgram) -> int:
    from gvtui.monitor.options import MonitorOptions
    from gvtui.tui.options import LiveOptions
    from gvtui.tui.run_live import run_live

    source.start()
    try:
        # The source ends before the monitor, so that it does not fail without one.
        options = LiveOptions(
            MonitorOptions(listen=endpoint),
            notice=notice,
            on_exit="restore",
            at_exit=source.stop,
        )
        code = run_live(options)
    finally:
        source.stop()
    if source.failure:
        say(f"gvtui: the demonstration's program ended early: {source.failure}")
        return 1
    return code


class DemoProgram:
    """Runs the program that the viewer watches, from when the viewer listens until `stop`."""

    def __init__(
        self,
        command: list[str],
        endpoint: Path,
        output: Path,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.failure = ""
        """Why the program ended before it was stopped; "" if it did not."""
        self._command = command
        self._endpoint = endpoint
        self._output = output
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo", daemon=True)

    def start(self) -> None:
        """Start a thread that waits for the viewer and then runs the program."""
        self._thread.start()

    def _run(self) -> None:
        waited = 0.0
        while not self._endpoint.exists() and waited < _WAIT_SECONDS:
            if self._stopping.wait(0.05):
                return
            waited += 0.05
        with made(self._output) as output:
            # The program ends with its standard input, and that ends with this process in any case.
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    cwd="/",
                    env=self._environment,
                )
            except OSError as error:
                self.failure = f"{self._command[0]} does not start: {error.strerror}"

    def stop(self) -> None:
        """End the program; may be called again."""
        self._stopping.set()
        self._thread.join()
        process = self._process
        if process is None:
            return
        self._process = None
        if process.poll() is not None:
            said = self._output.read_text(errors="replace").strip().splitlines()
            self.failure = said[-1] if said else f"code {process.returncode}"
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def recording_command(endpoint: Path) -> list[str]:
    """The command that sends the recording that comes with gvtui."""
    recording = str(resources.files("gvtui") / "data" / "demo.trace")
    send = ["send", recording, "--endpoint", str(endpoint), "--loop"]
    # Like the sandbox, it must end when its standard input ends.
    script = '"$@" & cat > /dev/null; kill $!'
    return ["sh", "-c", script, "gvtui-demo", *python("-m", "gvtui", *send)]


def sandbox_command(runsc: UsableRunsc, endpoint: Path, folder: Path) -> list[str]:
    """The command that runs the demonstration's sandbox, traced from its first step.

    Args:
        runsc: the runsc to run it with.
        endpoint: the socket that its trace session sends to.
        folder: the folder for the session's file and runsc's state.

    Raises:
        GvtuiError: the runsc does not list its points.
    """
    from gvtui.agent.runsc import Runsc
    from gvtui.points.document import pod_init_document, save_document
    from gvtui.points.session import REMOTE, Point, Session, Sink
    from gvtui.points.tuning import LOSSLESS

    points = Runsc(runsc.path).catalogue().schematized
    session = Session(
        points=tuple(Point(p.name, p.optional_fields, p.context_fields) for p in points),
        sinks=(Sink(REMOTE, {"endpoint": str(endpoint), **LOSSLESS.config()}),),
    )
    pod_init = folder / "pod-init.json"
    save_document(pod_init, pod_init_document(session))
    workload = (resources.files("gvtui") / "data" / "workload.sh").read_text()
    flags = [f"--root={folder / 'root'}", f"--pod-init-config={pod_init}", *runsc.flags]
    return [runsc.path, *flags, "do", "sh", "-c", workload]
