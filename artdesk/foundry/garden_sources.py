"""The pictures a latent model is measured against."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from artdesk.foundry.garden_data import CLASSES, PAINTINGS, open_album
from artdesk.foundry.garden_nets import SIDE
from artdesk.foundry.garden_report import Sources


def open_sources(data: Path, every: int = 1, photographs: int = 300) -> Sources:
    """Training paintings (one of ``every``), all held out and some training photographs, whole and square."""
    training = open_album(data, PAINTINGS, False, every)
    held = open_album(data, PAINTINGS, True)
    photos = open_album(data, ("photos",), False)
    step = max(1, len(photos) // photographs)
    shares = np.bincount(np.array(training.labels), minlength=len(CLASSES)).astype(np.float64)
    return Sources(
        [training.view(n, SIDE).numpy() for n in range(len(training))],
        [held.view(n, SIDE).numpy() for n in range(len(held))],
        [photos.view(n, SIDE).numpy() for n in range(0, len(photos), step)],
        shares / shares.sum(),
    )
