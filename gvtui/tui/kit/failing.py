"""An app that closes its screen after a fault of its own, and gives the fault to its caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App
from textual.worker import WorkerFailed, WorkerState

if TYPE_CHECKING:
    from textual.worker import Worker


class FailingApp(App[int]):
    """Ends at the first uncaught exception, wherever it was raised.

    Textual would print a traceback with the values of all locals, which takes long if they are
    large and may show what a sandbox has sent. Here the screen closes as if the user had left, so
    that the terminal is restored; `fault` has the exception.
    """

    fault: Exception | None = None
    """The exception that ended the app; None if the user did."""

    def _handle_exception(self, error: Exception) -> None:
        """Note an exception that Textual caught in a handler, a timer, a worker or while
        drawing."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            if self._exit:
                # A thread cannot reach the screen because the user has left.
                return
            error = error.error
        if self.fault is None:
            self.fault = error
        if self._exception is None:
            # Textual's pilot raises this exception again in tests.
            self._exception = self.fault
            self._exception_event.set()
        self._return_code = 1
        self._close_messages_no_wait()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """End the app if a thread fails, unless the app is already ending."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and isinstance(error, Exception) and not self._exit:
            self._handle_exception(error)
