import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PIL
from PIL import ImageCms

from artdesk.core.errors import (
    AlreadyExists,
    Cancelled,
    NotWritable,
    PictureError,
    PictureTooLarge,
    SaveError,
    UnreadablePicture,
    UnsupportedPicture,
)
from artdesk.core.image import as_image
from artdesk.core.pictures import Picture, open_picture, picture_size, save_picture
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE, Receipt


def noise(h: int = 12, w: int = 17, channels: int = 3) -> np.ndarray:
    return as_image(np.random.default_rng(h * w).integers(0, 256, (h, w, channels), dtype=np.uint8))


RECEIPT = Receipt("stylize", "painter", "ab" * 32, "cpu", {"strength": 0.5, "mix": [["风格", 1.0]]}, None, 1.25)


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_formats_give_every_pixel_back(tmp_path: Path, suffix: str, channels: int) -> None:
    image = noise(channels=channels)
    path = save_picture(tmp_path / f"a{suffix}", image)
    assert np.array_equal(open_picture(path).image, image)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_are_near(tmp_path: Path, suffix: str) -> None:
    ramp = as_image(np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 48, 0).repeat(3, 2))
    back = open_picture(save_picture(tmp_path / f"a{suffix}", ramp)).image
    difference = np.abs(back.astype(int) - ramp)
    assert difference.mean() < 2
    assert difference.max() < 20


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
def test_the_receipt_comes_back_and_says_how_the_picture_was_made(tmp_path: Path, suffix: str) -> None:
    path = save_picture(tmp_path / f"a{suffix}", noise(), receipt=RECEIPT)
    picture = open_picture(path)
    assert picture.receipt == RECEIPT
    assert COMPOSITE.encode() in path.read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
def test_without_a_receipt_nothing_is_written(tmp_path: Path, suffix: str) -> None:
    path = save_picture(tmp_path / f"a{suffix}", noise())
    assert b"artdesk" not in path.read_bytes().lower()
    assert open_picture(path).receipt is None


@pytest.mark.parametrize("turn", range(1, 9))
def test_rotation_is_applied_once_and_exif_is_carried_over(tmp_path: Path, turn: int) -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[:20, :30] = 255
    exif = PIL.Exif()
    exif[0x0112] = turn
    exif[0x010F] = "Camera"
    PIL.fromarray(image).save(tmp_path / "a.png", exif=exif)
    picture = open_picture(tmp_path / "a.png")
    assert picture_size(tmp_path / "a.png") == (picture.image.shape[1], picture.image.shape[0])
    expected = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}[turn]
    h, w = picture.image.shape[:2]
    assert (h > w) == (turn >= 5)
    corner = picture.image[(h - 2) * expected[0], (w - 2) * expected[1]]
    assert corner.tolist() == [255] * 3
    back = open_picture(save_picture(tmp_path / "b.jpg", picture.image, like=picture, quality=100))
    assert back.image.shape == picture.image.shape
    with PIL.open(tmp_path / "b.jpg") as im:
        assert im.getexif()[0x010F] == "Camera"
        assert 0x0112 not in im.getexif()


def wide_profile() -> bytes:
    """A matrix profile with swapped primaries: anything that ignores it shows red as green."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {
        srgb[128 + 4 + 12 * i : 128 + 8 + 12 * i].decode(): 128 + 4 + 12 * i
        for i in range(struct.unpack(">I", srgb[128:132])[0])
    }
    r, g = tags["rXYZ"], tags["gXYZ"]
    srgb[r + 4 : r + 12], srgb[g + 4 : g + 12] = srgb[g + 4 : g + 12], srgb[r + 4 : r + 12]
    at, size = struct.unpack(">II", srgb[tags["desc"] + 4 : tags["desc"] + 12])
    srgb[at : at + size] = bytes(srgb[at : at + size]).replace(b"s\0R\0G\0B", b"t\0e\0s\0t").replace(b"sRGB", b"test")
    return bytes(srgb)


def test_a_profile_is_converted_and_kept(tmp_path: Path) -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    icc = wide_profile()
    PIL.fromarray(red).save(tmp_path / "a.png", icc_profile=icc)
    picture = open_picture(tmp_path / "a.png")
    assert picture.image[0, 0, 1] > 200
    assert picture.image[0, 0, 0] < 60
    save_picture(tmp_path / "b.png", picture.image, like=picture)
    with PIL.open(tmp_path / "b.png") as im:
        assert im.info["icc_profile"] == icc
        assert np.abs(np.asarray(im).astype(int) - red).max() <= 3


def test_a_damaged_profile_is_said_and_left_out(tmp_path: Path) -> None:
    PIL.fromarray(noise()).save(tmp_path / "a.png", icc_profile=b"nonsense" * 40)
    picture = open_picture(tmp_path / "a.png")
    assert np.array_equal(picture.image, noise())
    assert "profile" in str(picture.notes[0])


def test_sixteen_bits_are_read_and_said(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    PIL.fromarray(deep).save(tmp_path / "a.png")
    picture = open_picture(tmp_path / "a.png")
    assert picture.bits == 16
    assert "16 bits" in str(picture.notes[0])
    assert picture.image[0, 0, 0] == 0
    assert picture.image[-1, -1, 2] == 255
    assert abs(int(picture.image[8, 0, 0]) - 128) <= 1


def test_palette_grey_and_gif(tmp_path: Path) -> None:
    PIL.fromarray(noise()).convert("P").save(tmp_path / "p.gif")
    PIL.fromarray(noise()).convert("L").save(tmp_path / "l.bmp")
    PIL.fromarray(noise()).convert("CMYK").save(tmp_path / "c.jpg")
    for name in ("p.gif", "l.bmp", "c.jpg"):
        assert open_picture(tmp_path / name).image.shape == (12, 17, 3)


def test_cut_short(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg", noise(200, 200))
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:6000])
    with pytest.raises(UnreadablePicture, match="damaged or cut short"):
        open_picture(tmp_path / "b.jpg")


def test_text_named_png_empty_missing_folder_and_other_formats(tmp_path: Path) -> None:
    (tmp_path / "t.png").write_text("not a picture")
    (tmp_path / "e.png").touch()
    (tmp_path / "x.svg").write_text("<svg/>")
    (tmp_path / "d.png").mkdir()
    with pytest.raises(UnreadablePicture, match="not a picture"):
        open_picture(tmp_path / "t.png")
    with pytest.raises(UnreadablePicture, match="0 bytes"):
        open_picture(tmp_path / "e.png")
    with pytest.raises(UnsupportedPicture):
        open_picture(tmp_path / "x.svg")
    with pytest.raises(UnreadablePicture, match="folder"):
        open_picture(tmp_path / "d.png")
    with pytest.raises(UnreadablePicture, match="does not exist"):
        open_picture(tmp_path / "missing.png")


def test_only_listed_formats_are_opened(tmp_path: Path) -> None:
    PIL.fromarray(noise()).save(tmp_path / "a.png", format="PPM")
    with pytest.raises(UnreadablePicture):
        open_picture(tmp_path / "a.png")


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", rows)
    )


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(30000, 30000))
    with pytest.raises(PictureTooLarge, match="30000 × 30000"):
        open_picture(tmp_path / "bomb.png")
    (tmp_path / "worse.png").write_bytes(bomb(2**31 - 1, 2**31 - 1))
    with pytest.raises(PictureError):
        open_picture(tmp_path / "worse.png", allow_large=True)


def test_the_limit_can_be_lifted(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png", noise(100, 100))
    with pytest.raises(PictureTooLarge):
        open_picture(tmp_path / "a.png", limit_mp=0.005)
    assert open_picture(tmp_path / "a.png", limit_mp=0.005, allow_large=True).image.shape == (100, 100, 3)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_give_a_sentence_or_a_picture(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"]))
    buffer = io.BytesIO()
    PIL.fromarray(noise(20, 20)).save(buffer, kind)
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = Path(os.environ["ARTDESK_HOME"]) / f"damaged.{kind.lower()}"
    path.write_bytes(bytes(raw[: data.draw(st.integers(1, len(raw)))]))
    try:
        assert open_picture(path, limit_mp=1).image.size > 0
    except PictureError as error:
        assert str(path.name) in str(error)


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        save_picture(path, noise())
    assert path.read_bytes() == b"mine"
    save_picture(path, noise(), overwrite=True)
    assert open_picture(path).image.shape == (12, 17, 3)
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_failed_or_cancelled_save_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    progress = Progress()
    progress.token.cancel()
    with pytest.raises(Cancelled):
        save_picture(path, noise(), overwrite=True, progress=progress)
    with pytest.raises(SaveError):
        save_picture(tmp_path / "a.xyz", noise())
    with pytest.raises(NotWritable, match="folder"):
        save_picture(tmp_path / "no" / "a.png", noise())
    assert path.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from artdesk.core import files
    from artdesk.core.errors import DiskFull

    real = open
    monkeypatch.setattr(files, "open", lambda path, mode: real("/dev/full", "wb"), raising=False)
    with pytest.raises(DiskFull):
        save_picture(tmp_path / "a.png", noise(100, 100))


def test_a_protected_file_is_not_replaced(tmp_path: Path) -> None:
    if os.name == "posix" and os.geteuid() == 0:
        pytest.skip("nothing is protected from root")
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    path.chmod(0o444)
    with pytest.raises(NotWritable):
        save_picture(path, noise(), overwrite=True)


def test_transparency_becomes_white_in_jpeg(tmp_path: Path) -> None:
    image = np.zeros((16, 16, 4), np.uint8)
    assert open_picture(save_picture(tmp_path / "a.jpg", as_image(image))).image.min() >= 250


def test_other_metadata_stays_beside_the_receipt(tmp_path: Path) -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="kept"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    like = Picture(noise(), xmp=packet)
    path = save_picture(tmp_path / "a.png", noise(), like=like, receipt=RECEIPT)
    again = open_picture(path)
    assert again.receipt == RECEIPT
    assert b"kept" in (again.xmp or b"")
    second = open_picture(save_picture(tmp_path / "b.png", noise(), like=again, receipt=RECEIPT))
    assert (second.xmp or b"").count(b"DigitalSourceType>") == 2


@pytest.mark.parametrize(
    "packet",
    [b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe", b"<a>" * 5000, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"],
)
def test_hostile_packets_are_left_out(tmp_path: Path, packet: bytes) -> None:
    path = save_picture(tmp_path / "a.png", noise(), like=Picture(noise(), xmp=packet), receipt=RECEIPT)
    assert open_picture(path).receipt == RECEIPT
