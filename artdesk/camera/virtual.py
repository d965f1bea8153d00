"""The virtual camera: other programs see the painted picture as a webcam (through pyvirtualcam, an extra)."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from artdesk.camera.formats import letterboxed
from artdesk.core.errors import ArtDeskError, CameraError
from artdesk.core.image import Image

log = logging.getLogger(__name__)


def driver_advice(platform: str = sys.platform) -> CameraError:
    """Which driver to install on this system."""
    if platform == "win32":
        return CameraError(
            "No virtual camera was found. Install OBS Studio (version 26 or later), start its virtual camera once, "
            "and try again."
        )
    if platform == "darwin":
        return CameraError(
            "No virtual camera was found. Install OBS Studio (version 30 or later), start its virtual camera once, "
            "and try again."
        )
    return CameraError(
        "No virtual camera was found. Install the driver v4l2loopback (on Debian and Ubuntu the package "
        "v4l2loopback-dkms), then load it with “sudo modprobe v4l2loopback exclusive_caps=1”."
    )


def open_device(width: int, height: int, rate: float) -> Any:
    """A pyvirtualcam camera. Raises CameraError that says what to install."""
    try:
        import pyvirtualcam
    except ImportError as error:
        raise CameraError(
            "The virtual camera needs an extra package: pip install “artdesk[virtual-camera]”."
        ) from error
    try:
        return pyvirtualcam.Camera(width=width, height=height, fps=rate, fmt=pyvirtualcam.PixelFormat.RGB)
    except Exception as error:
        log.warning("virtual camera: %s", error)
        raise driver_advice() from error


class VirtualCamera:
    """A sink that shows every frame as a webcam of `width` × `height`; a slow driver misses frames.

    Raises CameraError at once if there is no driver.
    """

    def __init__(
        self,
        width: int,
        height: int,
        rate: float = 30.0,
        *,
        opener: Callable[[int, int, float], Any] = open_device,
    ) -> None:
        # Drivers take even sides only.
        self._size = (max(2, width - width % 2), max(2, height - height % 2))
        self._device = opener(*self._size, rate)
        self.name = str(getattr(self._device, "device", ""))
        self._problem: Exception | None = None
        self._condition = threading.Condition()
        self._newest: Image | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="artdesk-virtual-camera", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> Exception | None:
        return self._problem

    def write(self, image: Image, taken: float) -> None:
        with self._condition:
            self._newest = image
            self._condition.notify()

    def close(self) -> None:
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(0.5)

    def _run(self) -> None:
        try:
            while True:
                with self._condition:
                    self._condition.wait_for(lambda: self._newest is not None or self._closing)
                    if self._closing:
                        return
                    image, self._newest = self._newest, None
                if image is not None:
                    self._device.send(letterboxed(image, *self._size))
        except ArtDeskError as error:
            self._problem = error
        except Exception as error:
            log.exception("the virtual camera failed")
            self._problem = CameraError("The virtual camera has stopped: {reason}.", reason=str(error))
        finally:
            try:
                self._device.close()
            except Exception as error:
                log.info("virtual camera: %s", error)
