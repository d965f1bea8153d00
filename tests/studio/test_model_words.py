"""Whatever is said of a foreign model has Chinese, too."""

from __future__ import annotations

import json

from artdesk.core.paths import bundled
from artdesk.engine.foreign.refusals import SENTENCES
from artdesk.studio.import_model import FAMILY_TITLES, PORT_WORDS, TILE_WORDS


def test_every_word_about_a_model_has_chinese() -> None:
    known: dict[str, str] = {}
    for path in bundled("resources", "translations", "zh").glob("*.json"):
        known.update(json.loads(path.read_text(encoding="utf-8")))
    words = [*SENTENCES.values(), *FAMILY_TITLES.values(), *TILE_WORDS.values(), *PORT_WORDS.values()]
    assert [word for word in words if word not in known] == []
