"""An app that ends in order over a fault of its own, and hands the fault to whoever ran it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App
from textual.worker import WorkerFailed, WorkerState

if TYPE_CHECKING:
    from textual.worker import Worker


class FailingApp(App[int]):
    """Ends over the first exception that nothing has caught, wherever it was raised.

    Textual would print a traceback with the values of all locals, which takes long where they are
    large and may hold what a sandbox has sent. Here the screen closes as it does when the user
    leaves, so that the terminal is as it was; `fault` says why.
    """

    fault: Exception | None = None
    """What has ended the app; None if the user has."""

    def _handle_exception(self, error: Exception) -> None:
        """Take in what Textual has caught in a handler, in a timer, while drawing, in a worker."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            if self._exit:
                # A thread that cannot reach a screen which the user has left.
                return
            error = error.error
        if self.fault is None:
            self.fault = error
        if self._exception is None:
            # What raises it again in tests that run the app under a pilot.
            self._exception = self.fault
            self._exception_event.set()
        self._return_code = 1
        self._close_messages_no_wait()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A thread that fails ends the app, unless the app is ending and cannot be reached."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and isinstance(error, Exception) and not self._exit:
            self._handle_exception(error)
