"""The receipt: what shaped a result, kept with the picture and restorable from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from artdesk import __version__

COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_MAX_CHARS = 200_000


@dataclass(frozen=True)
class Receipt:
    """Model, device that really ran, settings, seed and seconds of one result.

    `source_type` is the IPTC DigitalSourceType (`COMPOSITE` for a stylized picture, `GENERATED` for a
    generated one). `settings` holds plain JSON values.
    """

    ability: str
    model_id: str
    model_sha256: str
    device: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    seconds: float = 0.0
    source_type: str = COMPOSITE
    artdesk_version: str = __version__

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "settings": dict(self.settings)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Receipt | None:
        """The receipt in `text`, or None: what stands in a file from outside may be anything."""
        if len(text) > _MAX_CHARS:
            return None
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(data, dict) or not isinstance(data.get("settings"), dict):
            return None
        words = [data.get(k) for k in ("ability", "model_id", "model_sha256", "device")]
        if not all(isinstance(w, str) and len(w) <= 500 for w in words):
            return None
        seed, seconds = data.get("seed"), data.get("seconds", 0.0)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not math.isfinite(seconds):
            seconds = 0.0
        return cls(
            ability=data["ability"],
            model_id=data["model_id"],
            model_sha256=data["model_sha256"],
            device=data["device"],
            settings=data["settings"],
            seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
            seconds=float(seconds),
            source_type=GENERATED if data.get("source_type") == GENERATED else COMPOSITE,
            artdesk_version=str(data.get("artdesk_version", ""))[:40],
        )
