"""The monitor's process: `python -m gvtui.monitor CONTROL_FD OPTIONS TRACE`.

`gvtui.monitor.client` starts it; the control channel is an inherited descriptor.
"""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import socket
import sys
from pathlib import Path

import trio

from gvtui.errors import GvtuiError
from gvtui.monitor.compressor import Compressor
from gvtui.monitor.control import Control
from gvtui.monitor.descriptors import raise_limit
from gvtui.monitor.fdstore import Storing
from gvtui.monitor.former import FormerTraces
from gvtui.monitor.goingon import WentBefore
from gvtui.monitor.listener import Listener
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.porter import Porter
from gvtui.monitor.priority import become_realtime, quiet_collector
from gvtui.monitor.rights import confine_receiver
from gvtui.monitor.server import Monitor
from gvtui.monitor.thinner import Thinner
from gvtui.trace.writer import TraceWriter


def main() -> int:
    """Run the monitor; gives the process's exit code."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    options = MonitorOptions.unpack(json.loads(sys.argv[2]))
    trace_path = Path(sys.argv[3])
    control = Control(channel)
    raise_limit()
    try:
        # The socket first, so that no file is created if listening fails.
        listener = Listener(
            options.listen,
            mode=options.socket_mode,
            group=options.socket_group,
            handed=_socket_of(options.listen_fd),
            stays=options.store_fd is not None,
        )
    except GvtuiError as error:
        control.say("failed", text=str(error))
        return error.exit_code
    with listener:
        # It is forked before files are open that are none of its business.
        try:
            porter = Porter.start(listener, realtime=options.realtime)
        except OSError as error:
            control.say("failed", text=f"cannot start another process: {error.strerror}")
            return 1
        compressor = None
        try:
            compressor = _compressor(options)
            return _receive(options, listener, control, porter, compressor, trace_path)
        except GvtuiError as error:
            control.say("failed", text=str(error))
            return error.exit_code
        finally:
            if compressor is not None:
                compressor.end()
            porter.end()


def _socket_of(fd: int | None) -> socket.socket | None:
    """The socket of a descriptor that was inherited; None if there is none."""
    return None if fd is None else socket.socket(fileno=fd)


def _compressor(options: MonitorOptions) -> Compressor | None:
    """The process that compresses complete segments, if there are any to be compressed."""
    if not options.compresses or options.record is not None or options.is_spool:
        return None
    compressor = Compressor()
    # One that cannot be started now is started later.
    with contextlib.suppress(OSError):
        compressor.start()
    return compressor


def _receive(
    options: MonitorOptions,
    listener: Listener,
    control: Control,
    porter: Porter,
    compressor: Compressor | None,
    trace_path: Path,
) -> int:
    """Receive until it is time to end; gives the process's exit code.

    Raises:
        GvtuiError: the trace cannot be written, or not as the user that was named.
    """
    keep_bytes = None if options.record else options.keep_bytes
    former = FormerTraces(options.place, trace_path) if options.place is not None else None
    writer = TraceWriter(
        trace_path,
        keep_bytes=keep_bytes,
        limits=options.limits,
        compressor=compressor,
        former=former,
        keep_seconds=options.keep_seconds,
    )
    is_realtime = options.realtime and become_realtime(passes_on=True)
    quiet_collector()
    storing = Storing(_socket_of(options.store_fd))
    before = None if options.before_fd is None else WentBefore.unpack(options.before_fd)
    monitor = Monitor(options, listener, writer, control, porter, storing, before)
    thinner = None
    try:
        is_folder = options.record is None
        lacks = confine_receiver(trace_path, options.listen, options.user, is_folder=is_folder)
        if lacks:
            control.log("note", lacks)
        if compressor is not None and former is not None and (words := former.left_out()):
            control.log("note", words)
        thinner = _thinner(options, writer)
        _tend(monitor, compressor, thinner)
        trio.run(functools.partial(monitor.run, realtime=is_realtime))
    finally:
        # Another one, where the files were removed meanwhile.
        writer = monitor.ledger.writer
        if options.sync_seconds:
            with contextlib.suppress(OSError):
                writer.flush()
        writer.close()
        if thinner is not None:
            thinner.end()
    refused = {"refused": monitor.admission.refused, "left_out": monitor.left_out}
    control.say("stopped", connections=monitor.connections, **refused, **monitor.ledger.told())
    if options.is_spool and control.is_alone:
        shutil.rmtree(trace_path, ignore_errors=True)
    return 0


def _thinner(options: MonitorOptions, writer: TraceWriter) -> Thinner | None:
    """The process that keeps what quiet sandboxes sent; None where nothing stays anyway."""
    if options.record or options.is_spool:
        return None
    thinner = Thinner(
        writer.path,
        options.sync_seconds,
        options.keep_seconds,
        compresses=options.compresses,
        place=options.place,
        keep_bytes=options.keep_bytes,
    )
    writer.when_nearly_full = thinner.ask
    if thinner.has_others:
        writer.share_disk(thinner.kept_by_others)
    return thinner


def _tend(monitor: Monitor, compressor: Compressor | None, thinner: Thinner | None) -> None:
    """Have the helpers started again that end unasked; those that need no rights but these."""
    if compressor is not None:
        meanwhile = "complete segments stay as they are"
        monitor.tending.take("compressor", compressor, "the process that compresses", meanwhile)
    if thinner is not None:
        name = "the process that keeps what quiet sandboxes sent"
        monitor.tending.take("thinner", thinner, name, "the oldest segments go whole")


def run() -> int:
    """As `main`; a fault gives one line on standard error, for the process that started this
    one."""
    try:
        return main()
    except Exception as error:
        from gvtui.faults import tell

        print(tell(error), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(run())
