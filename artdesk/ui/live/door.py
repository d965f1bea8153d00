"""The desk's way to the live window: opens it, brings it to the front, closes it with the desk."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from artdesk.ui.live.services import LiveServices
from artdesk.ui.live.window import LiveWindow
from artdesk.ui.services import DeskServices


class LiveDoor(QObject):
    """The object of the action group “live”. `services.live` holds a `LiveServices`."""

    layer_taken = Signal(object, str)
    """(Image, name): a snapshot that wants to be a new layer."""

    def __init__(self, services: DeskServices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._window: LiveWindow | None = None

    @property
    def available(self) -> bool:
        return isinstance(self._services.live, LiveServices)

    @property
    def window(self) -> LiveWindow | None:
        return self._window

    def open_live(self) -> None:
        """Open the live window, or bring it to the front."""
        live = self._services.live
        if not isinstance(live, LiveServices):
            return
        if self._window is None:
            window = LiveWindow(
                live, self._services.settings, styles=self._services.styles, devices=self._services.devices
            )
            window.layer_taken.connect(self.layer_taken)
            window.closed.connect(self._window_closed)
            self._window = window
            window.show()
            window.look_for_cameras()
        self._window.raise_()
        self._window.activateWindow()

    def close(self) -> None:
        """End live painting; for the desk that closes."""
        if self._window is not None:
            self._window.close()

    def _window_closed(self) -> None:
        window, self._window = self._window, None
        if window is not None:
            window.deleteLater()
