"""Words: everything a person may read is there in Chinese, and filling a sentence in never fails."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.core.errors import UnknownStyle
from artdesk.core.results import Note
from artdesk.ui.i18n import fill, say, say_note, set_language, tr, translations
from tests.ui import words


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    yield
    set_language("en")


@pytest.mark.parametrize("kind", ["spoken", "told", "tabled"])
def test_every_text_is_translated(kind: str) -> None:
    known = translations("zh")
    found: dict[str, str] = getattr(words, kind)()
    assert len(found) > 50
    missing = [f"{where}: {text}" for text, where in found.items() if text not in known and any(map(str.isalpha, text))]
    assert not missing, "\n".join(missing)


def test_translations_fill_in_the_same_names() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    wrong = [text for text, chinese in translations("zh").items() if names(text) != names(chinese)]
    assert not wrong


def test_an_error_is_said_in_the_persons_language() -> None:
    error = UnknownStyle("There is no style “{id}”.", id="blue")
    assert say(error) == "There is no style “blue”."
    set_language("zh")
    assert say(error) == "没有风格“blue”。"
    assert say(ValueError("secret path")) == "发生了 ArtDesk 未预料到的问题。详情见日志。"
    assert say_note(Note("There is not enough memory for this picture.")) == "内存不足以处理这张图片。"


def test_a_language_nobody_speaks_is_english() -> None:
    assert set_language("tlh") == "en"
    assert tr("Open") == "Open"


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=6), st.integers() | st.text(max_size=6), max_size=3))
def test_filling_in_never_fails(template: str, values: dict[str, object]) -> None:
    assert isinstance(fill(template, values), str)


def test_a_missing_value_stays_visible() -> None:
    assert fill("{a} and {b}", {"a": 1}) == "1 and {b}"
