import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.core.errors import ArtDeskError, Cancelled, WrongUse
from artdesk.core.fields import Field, check_fields, fields_of
from artdesk.core.files import atomic_write
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.receipt import Receipt
from artdesk.core.requests import StylizeRequest
from artdesk.core.settings import Settings, load_settings, save_settings


def test_an_error_is_a_sentence_and_survives_pickling() -> None:
    import pickle

    error = WrongUse("No {thing} here.", thing="style")
    assert str(error) == "No style here."
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (WrongUse, "No style here.")
    assert str(ArtDeskError("Half a {brace")) == "Half a {brace"


def test_cancelling_reaches_callbacks_once_and_at_once_if_late() -> None:
    token, calls = CancelToken(), []
    remove = token.on_cancel(lambda: calls.append("removed"))
    token.on_cancel(lambda: calls.append("a"))
    remove()
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["a", "late"]
    with pytest.raises(Cancelled):
        token.check()


def test_a_callback_may_use_the_token_from_another_thread() -> None:
    token = CancelToken()
    done = threading.Event()

    def from_elsewhere() -> None:
        thread = threading.Thread(target=lambda: (token.on_cancel(done.set), None))
        thread.start()
        thread.join(2)

    token.on_cancel(from_elsewhere)
    token.cancel()
    assert done.is_set()


@given(st.lists(st.floats(-1, 2, allow_nan=False), max_size=30))
def test_progress_never_goes_back_and_stays_within_its_part(fractions: list[float]) -> None:
    seen: list[float] = []
    whole = Progress(lambda f, _m: seen.append(f))
    part = whole.part(0.25, 0.5)
    for n, fraction in enumerate(fractions):
        part.step(fraction, str(n))
    assert seen == sorted(seen)
    assert all(0.25 <= f <= 0.5 for f in seen)


def test_a_step_after_cancelling_stops_the_work() -> None:
    progress = Progress()
    progress.token.cancel()
    with pytest.raises(Cancelled):
        progress.part(0, 1).step(0.5)


@dataclass(frozen=True)
class Sample:
    plain: int = 3
    amount: Annotated[float, Field("Amount", 0.0, 1.0)] = 0.5
    kind: Annotated[str, Field("Kind", choices=("a", "b"))] = "a"


def test_fields_say_title_range_and_default() -> None:
    amount, kind = fields_of(Sample)
    assert (amount.name, amount.type, amount.default, amount.field.maximum) == ("amount", float, 0.5, 1.0)
    assert kind.field.choices == ("a", "b")


@pytest.mark.parametrize("bad", [Sample(amount=1.5), Sample(amount=float("nan")), Sample(kind="c")])
def test_values_out_of_range_are_refused(bad: Sample) -> None:
    with pytest.raises(WrongUse):
        check_fields(bad)


def test_the_stylize_request_describes_its_controls() -> None:
    names = {spec.name for spec in fields_of(StylizeRequest) if not spec.field.hidden}
    assert names == {"strength", "keep_colors", "stroke_size", "size", "painter"}


@given(st.text(max_size=200))
def test_any_text_is_a_receipt_or_none(text: str) -> None:
    assert Receipt.from_json(text) is None


def test_a_receipt_comes_back_whole() -> None:
    receipt = Receipt("generate", "garden", "00", "cuda", {"a": [1, 2]}, 7, 0.5)
    assert Receipt.from_json(receipt.to_json()) == receipt


def test_a_bad_setting_falls_back_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"language": "zh", "undo_mb": -4, "theme": 7, "recent": ["a"], "favourites": [1]}))
    settings = load_settings(path)
    assert settings == Settings(language="zh", recent=("a",))
    assert "undo_mb" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "[" * 100_000])
def test_a_broken_settings_file_gives_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    assert load_settings(path) == Settings()


def test_settings_come_back(tmp_path: Path) -> None:
    settings = Settings(language="zh", favourites=("x", "y"), undo_mb=100)
    save_settings(tmp_path / "s.json", settings)
    assert load_settings(tmp_path / "s.json") == settings


def test_a_file_that_appears_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(ArtDeskError, match="exists already"), atomic_write(path) as file:
        file.write(b"ours")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_an_exception_inside_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_write(path, overwrite=True) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
