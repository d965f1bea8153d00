"""Words: every text a person sees goes through `tr()`. English is the key, translations are JSON files.

A language is the folder `resources/translations/<language>/`; every owner of a part of the interface keeps one
file there (`desk.json`, `paint.json` …), all are merged when the language is first used.
"""

from __future__ import annotations

import json
import logging
import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from PySide6.QtCore import QLocale

from artdesk.core.errors import ArtDeskError
from artdesk.core.paths import bundled

log = logging.getLogger(__name__)

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}

_current = "en"


def set_language(wish: str) -> str:
    """Choose the language of the whole interface; "auto" follows the system. Returns the one now in force."""
    global _current  # one process shows one language; widgets ask at the moment they build a text
    _current = system_language() if wish == "auto" else (wish if wish in LANGUAGES else "en")
    return _current


def language() -> str:
    """The language in force: a key of LANGUAGES."""
    return _current


def system_language() -> str:
    """What the person's system speaks, if ArtDesk speaks it too; else English."""
    for name in QLocale.system().uiLanguages():
        short = name.replace("_", "-").split("-")[0].lower()
        if short in LANGUAGES:
            return short
    return "en"


def tr(text: str, **values: object) -> str:
    """The text in the person's language, with `{names}` filled in. An untranslated text stays English."""
    template = text if _current == "en" else translations(_current).get(text, text)
    return fill(template, values) if values else template


def say(error: BaseException) -> str:
    """An error as a sentence for the person.

    What is no error of ours becomes a general sentence (the log has the cause).
    """
    if isinstance(error, ArtDeskError):
        return tr(error.template, **error.values) if error.values else tr(error.template)
    return tr("Something went wrong that ArtDesk did not expect. The details are in the log.")


def say_note(note: object) -> str:
    """A note of a result (template and values, see core.results.Note) in the person's language."""
    template = getattr(note, "template", None)
    values = getattr(note, "values", None)
    if isinstance(template, str):
        return tr(template, **dict(values)) if isinstance(values, Mapping) and values else tr(template)
    return str(note)


def pick(words: Mapping[str, str] | str) -> str:
    """The entry of a `{"en": …, "zh": …}` table in the person's language, English or any other one as a fall-back."""
    if isinstance(words, str):
        return words
    return words.get(_current) or words.get("en") or next(iter(words.values()), "")


def fill(template: str, values: Mapping[str, object]) -> str:
    """`template.format(**values)` that never fails: a name without a value stays as it is written."""
    known = {key: say_note(value) if hasattr(value, "template") else value for key, value in values.items()}
    try:
        return string.Formatter().vformat(template, (), _Lenient(known))
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):
        log.warning("a text could not be filled in: %r", template)
        return template


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def translations(name: str) -> Mapping[str, str]:
    """All texts of one language: English -> translation, merged from the folder's files."""
    merged: dict[str, str] = {}
    folder = Path(bundled("resources")) / "translations" / name
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            part = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            log.error("translation file %s cannot be read: %s", file.name, error)
            continue
        merged.update({str(key): str(value) for key, value in part.items() if value})
    return merged
