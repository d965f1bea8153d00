"""Walks: films of the right length that go where they should, carry their receipt, and are whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from artdesk.core import garden as gardens
from artdesk.core.errors import AlreadyExists, Cancelled, SaveError, WrongUse
from artdesk.core.garden import Garden, new_garden
from artdesk.core.image import as_image
from artdesk.core.metadata import receipt_in
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.receipt import GENERATED
from artdesk.core.requests import GenerateRequest, WalkRequest
from artdesk.studio.perform import Studio
from artdesk.studio.walk_film import film_for
from tests.engine.latent_makers import SIDE, open_gardens
from tests.engine.scripted import photograph


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    made = Studio(open_gardens(tmp_path_factory.mktemp("gardens")))
    yield made
    made.close()


@pytest.fixture(scope="module")
def garden() -> Garden:
    return gardens.sow(new_garden("plain", ""), 3, 7, 1.0)


def frames_of(path: Path) -> list[Any]:
    if path.suffix == ".mp4":
        with av.open(str(path)) as film:
            return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    with Pillow.open(path) as film:
        shown = []
        for number in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(number)
            shown.append(np.asarray(film.convert("RGB")))
        return shown


def packet_in(path: Path) -> bytes:
    data = path.read_bytes()
    start = data.index(b"<?xpacket begin")
    return data[start : data.index(b'end="w"?>', start) + 9]


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
@pytest.mark.parametrize("loop", [False, True])
def test_a_walk_goes_from_picture_to_picture(
    studio: Studio, garden: Garden, tmp_path: Path, suffix: str, loop: bool
) -> None:
    target = tmp_path / f"walk{suffix}"
    request = WalkRequest("plain", garden, (0, 2, 1), target, frames=5, fps=12, loop=loop)
    result: Any = studio.perform(request, Progress())
    wanted = 15 if loop else 11
    shown = frames_of(target)
    assert (result.frames, len(shown)) == (wanted, wanted)
    assert (result.width, result.height, shown[0].shape) == (SIDE, SIDE, (SIDE, SIDE, 3))
    made: Any = studio.perform(GenerateRequest("plain", garden, (0, 2, 1)), Progress())
    stops = [0, 5, 10]
    for at, image in zip(stops, made.images, strict=True):
        near = [float(np.abs(frame.astype(int) - image).mean()) for frame in shown]
        assert int(np.argmin(near)) == at, "each picture is met where it belongs"
    kept = receipt_in(packet_in(target))
    assert kept is not None
    assert (kept.source_type, kept.model_id, kept.settings["loop"]) == (GENERATED, "plain", loop)
    assert len(kept.settings["stops"]) == 3
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_the_rate_is_kept_over_the_whole_film(studio: Studio, garden: Garden, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"walk{suffix}"
    studio.perform(WalkRequest("plain", garden, (0, 1), target, frames=30, fps=24, loop=True), Progress())
    total = 0
    with Pillow.open(target) as film:
        for number in range(30):
            film.seek(number)
            film.load()
            total += film.info["duration"]
    assert abs(total - 1250) <= 10


def test_a_fast_gif_is_slowed_aloud(studio: Studio, garden: Garden, tmp_path: Path) -> None:
    result: Any = studio.perform(WalkRequest("plain", garden, (0, 1), tmp_path / "w.gif", frames=3, fps=60), Progress())
    assert "at most 50" in str(result.notes[0])


def test_no_receipt_where_none_is_wished(studio: Studio, garden: Garden, tmp_path: Path) -> None:
    for suffix in (".mp4", ".gif", ".webp"):
        target = tmp_path / f"walk{suffix}"
        request = WalkRequest("plain", garden, (0, 1), target, frames=3, with_receipt=False)
        studio.perform(request, Progress())
        assert b"xpacket" not in target.read_bytes()
        assert len(frames_of(target)) == 4


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_a_walk_that_is_stopped_leaves_nothing(studio: Studio, garden: Garden, tmp_path: Path, suffix: str) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        studio.perform(
            WalkRequest("plain", garden, (0, 1), tmp_path / f"walk{suffix}", frames=200),
            Progress(lambda fraction, message: token.cancel() if fraction > 0.2 else None, token),
        )
    assert list(tmp_path.iterdir()) == []


def test_wrong_wishes(studio: Studio, garden: Garden, tmp_path: Path) -> None:
    kept = tmp_path / "kept.gif"
    kept.write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        studio.perform(WalkRequest("plain", garden, (0, 1), kept, frames=3), Progress())
    assert kept.read_bytes() == b"mine"
    studio.perform(WalkRequest("plain", garden, (0, 1), kept, frames=3, overwrite=True), Progress())
    assert len(frames_of(kept)) == 4
    for wrong in (
        {"nodes": (0,)},
        {"frames": 1},
        {"fps": 0},
        {"nodes": (0, 99)},
    ):
        request = WalkRequest(
            **{"model_id": "plain", "garden": garden, "nodes": (0, 1), "target": tmp_path / "w.gif"} | wrong
        )  # type: ignore[arg-type]
        with pytest.raises(WrongUse):
            studio.perform(request, Progress())
    with pytest.raises(SaveError, match="MP4, GIF or WebP"):
        studio.perform(WalkRequest("plain", garden, (0, 1), tmp_path / "w.avi"), Progress())
    with pytest.raises(SaveError, match="does not exist"):
        studio.perform(WalkRequest("plain", garden, (0, 1), tmp_path / "no" / "w.gif"), Progress())


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_films_look_as_their_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    pictures = [as_image(photograph(97, 63, seed=n)) for n in range(3)]
    with path.open("w+b") as file:
        film = film_for(suffix, file, 10, with_packet=False)
        for picture in pictures:
            film.add(picture)
        film.close(b"")
    shown = frames_of(path)
    assert len(shown) == 3
    height, width = (62, 96) if suffix == ".mp4" else (63, 97)
    for picture, frame in zip(pictures, shown, strict=True):
        assert frame.shape == (height, width, 3)
        assert np.abs(frame.astype(int) - picture[:height, :width]).mean() < 12
