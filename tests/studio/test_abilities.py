"""Every ability through the one door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from artdesk.core.errors import ModelMissing, WrongUse
from artdesk.core.image import as_image
from artdesk.core.progress import Progress
from artdesk.core.requests import EncodeStyleRequest, MeasureDevicesRequest, Request, StylizeRequest
from artdesk.engine.engine import Engine
from artdesk.engine.families.stylist import views
from artdesk.studio.perform import ABILITIES, Studio
from tests.engine.fakes import CPU, faked_engine
from tests.engine.scripted import photograph

PICTURE = as_image(photograph(200, 150))


def test_a_picture_becomes_a_style_that_paints(engine: Engine) -> None:
    studio = Studio(engine)
    result = studio.perform(EncodeStyleRequest(PICTURE, name="My wall"), Progress())
    info = engine.library.style(result.style_id)  # type: ignore[attr-defined]
    assert (info.id, info.kind, info.title["en"]) == ("my_wall", "own", "My wall")
    assert info.preview.stat().st_size > 100
    painted = studio.perform(StylizeRequest(mix=((info.id, 1.0),), image=PICTURE), Progress())
    assert not np.array_equal(painted.image, PICTURE)  # type: ignore[attr-defined]


def test_trying_a_style_saves_nothing(engine: Engine) -> None:
    result = Studio(engine).perform(EncodeStyleRequest(PICTURE, name="x", save=False), Progress())
    assert result.style_id == ""  # type: ignore[attr-defined]
    assert result.code.shape == (8,)  # type: ignore[attr-defined]
    assert [s.kind for s in engine.library.styles()] == ["bundled"] * 3


def test_without_a_stylist_it_is_said_kindly(engine: Engine) -> None:
    (engine.library.stylist().folder / "card.toml").unlink()
    engine.library.refresh()
    with pytest.raises(ModelMissing, match="stylist"):
        Studio(engine).perform(EncodeStyleRequest(PICTURE), Progress())


@pytest.mark.parametrize(("width", "height", "count"), [(300, 300, 1), (900, 300, 3), (40, 400, 3), (1, 1, 1)])
def test_the_stylist_sees_squares(width: int, height: int, count: int) -> None:
    seen = views(as_image(photograph(width, height)))
    assert [v.shape for v in seen] == [(256, 256, 3)] * count


def test_devices_are_measured_and_remembered(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("measured")
    engine, _ = faked_engine(folder)
    engine.fail("cuda", "an earlier fall")
    result = Studio(engine).perform(MeasureDevicesRequest(), Progress())
    rows = result.rows  # type: ignore[attr-defined]
    assert {(model, device) for model, device, _, _ in rows} == {
        (m, d) for m in ("painter", "live") for d in ("cuda", "cpu")
    }
    assert all(ms > 0 for _, _, ms, _ in rows)
    assert set(result.chosen) == {"painter", "live"}  # type: ignore[attr-defined]
    assert (folder / "home" / "speeds.json").is_file()


def test_a_device_that_does_not_start_stands_in_the_table(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine, _ = faked_engine(tmp_path_factory.mktemp("measured"), starts=False)
    result = Studio(engine).perform(MeasureDevicesRequest("painter"), Progress())
    rows = {device: (ms, said) for _, device, ms, said in result.rows}  # type: ignore[attr-defined]
    assert rows["cuda"][0] is None
    assert "libcudnn" in rows["cuda"][1]
    assert rows["cpu"][0] is not None
    assert result.chosen == {"painter": "cpu"}  # type: ignore[attr-defined]
    with pytest.raises(WrongUse):
        Studio(engine).perform(MeasureDevicesRequest("stylist"), Progress())


def test_the_first_automatic_choice_measures_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine, made = faked_engine(tmp_path_factory.mktemp("auto"))
    studio = Studio(engine)
    request = StylizeRequest(mix=(("ember", 1.0),), image=PICTURE)
    studio.perform(request, Progress())
    runs = sum(r.runs for r in made)
    assert runs >= 3 * 2
    studio.perform(request, Progress())
    assert sum(r.runs for r in made) == runs + 1
    assert {d.id for d in engine.devices()} == {"cuda", CPU.id}


def test_what_nobody_can_do_is_said() -> None:
    @dataclass(frozen=True)
    class Fly(Request):
        pass

    with pytest.raises(WrongUse, match="Fly"):
        Studio(None).perform(Fly(), Progress())  # type: ignore[arg-type]
    assert StylizeRequest in ABILITIES
