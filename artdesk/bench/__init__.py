"""Speed as ratios measured side by side in one run. Each room adds one module with a measure function."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.core.progress import Progress

PARTS = ("desk", "paint", "live", "engine", "generate")


@dataclass(frozen=True)
class BenchContext:
    """How thoroughly to measure."""

    quick: bool = False
    progress: Progress = Progress()  # noqa: RUF009  # stateless default: reports to nobody


def measure_all(only: tuple[str, ...], *, quick: bool, progress: Progress) -> dict[str, dict[str, Any]]:
    """Figures by part. A part that cannot be measured here says why instead of failing the others.

    Raises: WrongUse for an unknown part; Cancelled.
    """
    for name in only:
        if name not in PARTS:
            raise WrongUse("“{name}” is no part of the bench; there are {parts}.", name=name, parts=", ".join(PARTS))
    wanted = only or PARTS
    figures: dict[str, dict[str, Any]] = {}
    for n, name in enumerate(wanted):
        part = progress.part(n / len(wanted), (n + 1) / len(wanted))
        part.step(0.0, name)
        module = importlib.import_module(f"artdesk.bench.{name}")
        try:
            figures[name] = dict(module.measure(BenchContext(quick, part)))
        except ArtDeskError as error:
            figures[name] = {"failed": str(error)}
    return figures
