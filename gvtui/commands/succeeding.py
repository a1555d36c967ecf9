"""How `gvtui monitor` goes on with what the service manager has kept of the monitor before."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.files import trust
from gvtui.monitor.fdstore import DescriptorStore
from gvtui.monitor.places import traces_in
from gvtui.monitor.predecessor import found_before
from gvtui.monitor.systemd import LISTENER_NAME, handed_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.monitor.options import MonitorOptions
    from gvtui.monitor.systemd import HandedOver, Notifier

_READING_SECONDS = 600
"""How long it may take to read what the monitor before has written."""


@contextmanager
def succeeding(
    options: MonitorOptions, path: Path, notifier: Notifier
) -> Iterator[tuple[MonitorOptions, DescriptorStore | None]]:
    """Take what the service manager hands over; what the monitor opens is kept from then on.

    Args:
        options: how the monitor is to be started.
        path: where it is to write.
        notifier: speaks with the service manager.

    Yields:
        How it is started, and the store; None without a service manager. Where there is one, a
        recording that exists goes on in another, with a number behind its name.

    Raises:
        MonitorError: the manager hands over what is none of a monitor's.
    """
    handed = handed_over()
    with ExitStack() as stack:
        store = None
        if notifier.is_heard:
            store = DescriptorStore(notifier)
            stack.callback(store.close)
            options = replace(options, store_fd=store.fd)
        options = _listening(options, handed, store)
        if handed.connections:
            if options.user is not None:
                trust(options.user)
            # Where a recording is large, systemd is not to give up.
            notifier.say(f"EXTEND_TIMEOUT_USEC={_READING_SECONDS * 1_000_000}")
            before = found_before(handed.connections, _earlier(path))
            fds = tuple(each.fd for each in before.connections)
            options = replace(options, before_fd=before.pack(), handed_fds=fds)
        if options.record is not None and notifier.is_heard:
            options = replace(options, record=_free(options.record))
        yield options, store


def close_passed(options: MonitorOptions) -> None:
    """Close what the monitor's process has inherited of the one before: a connection ends where
    nobody has it."""
    for fd in (options.before_fd, *options.handed_fds):
        if fd is not None:
            os.close(fd)


def _listening(
    options: MonitorOptions, handed: HandedOver, store: DescriptorStore | None
) -> MonitorOptions:
    """The options with the socket that listens already, if there is one for the same place."""
    kept = handed.kept_listener
    if kept is not None:
        at = _path_of(kept)
        wanted = _path_of(handed.listener) if handed.listener is not None else options.listen
        if at.absolute() == wanted.absolute() and at.is_socket():
            if handed.listener is not None:
                os.close(handed.listener)
            return replace(options, listen=at, listen_fd=kept)
        # Sandboxes do not reach it any more.
        os.close(kept)
        if store is not None:
            store.forget(LISTENER_NAME)
    if handed.listener is not None:
        return replace(options, listen=_path_of(handed.listener), listen_fd=handed.listener)
    return options


def _path_of(fd: int) -> Path:
    with socket.socket(fileno=os.dup(fd)) as handed:
        return Path(handed.getsockname())


def _numbered(record: Path) -> Iterator[Path]:
    """The names of a recording and of those that go on with it."""
    yield record
    for number in itertools.count(2):
        yield record.with_name(f"{record.stem}-{number}{record.suffix}")


def _free(record: Path) -> Path:
    """The first of these names that is not taken."""
    return next(each for each in _numbered(record) if not os.path.lexists(each))


def _earlier(path: Path) -> list[Path]:
    """What monitors of this place have written, the newest first."""
    if path.is_dir():
        return traces_in(path)[::-1]
    written = list(itertools.takewhile(os.path.lexists, _numbered(path)))
    return written[::-1]
