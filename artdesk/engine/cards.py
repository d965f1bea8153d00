"""Model cards: what a model is and what pictures it takes, read from `models/<id>/card.toml` and checked."""

from __future__ import annotations

import hashlib
import math
import re
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artdesk.core.errors import BadCard, ModelDamaged, ModelMissing

if TYPE_CHECKING:
    from artdesk.engine.families.latent_card import LatentSpec

FAMILIES = (
    "painter",
    "stylist",
    "features",
    "fixed_style",
    "arbitrary_style",
    "style_encoder",
    "upscaler",
    "colour",
    "mask",
    "latent",
)
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA = re.compile(r"[0-9a-f]{64}")
_RANGES = ("0..1", "0..255", "-1..1", "mean_std")
_MAX_CARD_BYTES = 64 * 1024
_MAX_MODEL_BYTES = 4 * 1024**3


@dataclass(frozen=True)
class ImageSpec:
    """What a network wants to see: layout, channel order, value range, size needs.

    `range` "mean_std" means (x / 255 − mean) / std per channel. `width`/`height` 0 mean any size. `out_range`
    "" means the same as `range`. `scale` is how much larger the output is (upscalers).
    """

    layout: str = "NCHW"
    order: str = "RGB"
    range: str = "0..1"
    out_range: str = ""
    minimum: int = 1
    multiple_of: int = 1
    width: int = 0
    height: int = 0
    scale: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


@dataclass(frozen=True)
class PainterSpec:
    """A painter's sizes. `receptive_radius` is how far, in px, a pixel's painting looks; tiles start on `align`."""

    code_size: int
    state_size: int
    receptive_radius: int
    align: int = 1


@dataclass(frozen=True)
class ModelCard:
    """One model as its card describes it. `extra` holds the whole parsed card for families with needs of their
    own.
    """

    id: str
    family: str
    file: Path
    sha256: str
    folder: Path
    role: str = ""
    licence: str = ""
    trained_on: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    code_space: str = ""
    image: ImageSpec = ImageSpec()
    painter: PainterSpec | None = None
    latent: LatentSpec | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def verify(self) -> None:
        """Check that the file is the one the card speaks of.

        Raises: ModelMissing, ModelDamaged. The file is hashed once per identity (path, size, time of change).
        """
        verify_file(self.file, self.sha256, self.id)


_hashes: dict[tuple[str, int, int], str] = {}
_hash_lock = threading.Lock()


def file_sha256(path: Path) -> str:
    """sha256 of a file in hex; remembered while path, size and time of change stay the same. Raises OSError."""
    status = path.stat()
    key = (str(path), status.st_size, status.st_mtime_ns)
    with _hash_lock:
        known = _hashes.get(key)
    if known is not None:
        return known
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    with _hash_lock:
        _hashes[key] = digest
    return digest


def verify_file(path: Path, sha256: str, name: str) -> None:
    """Raise ModelMissing or ModelDamaged unless `path` holds exactly the bytes of `sha256`."""
    try:
        if path.stat().st_size > _MAX_MODEL_BYTES:
            raise ModelDamaged("The file of the model “{model}” is far too large.", model=name)
        actual = file_sha256(path)
    except FileNotFoundError:
        raise ModelMissing("The file “{file}” of the model “{model}” is missing.", file=path.name, model=name) from None
    except OSError as error:
        raise ModelMissing(
            "The file “{file}” of the model “{model}” cannot be read: {reason}.",
            file=path.name,
            model=name,
            reason=error.strerror or str(error),
        ) from error
    if actual != sha256:
        raise ModelDamaged(
            "The file “{file}” of the model “{model}” is damaged: it is not the one its card names.",
            file=path.name,
            model=name,
        )


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """The table in a small TOML file. Raises BadCard with a sentence naming `name`."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MAX_CARD_BYTES + 1)
        if len(raw) > _MAX_CARD_BYTES:
            raise BadCard("The card of “{name}” is too large.", name=name)
        return tomllib.loads(raw.decode("utf-8"))
    except FileNotFoundError:
        raise BadCard("“{name}” has no {file}.", name=name, file=path.name) from None
    except OSError as error:
        raise BadCard(
            "The card of “{name}” cannot be read: {reason}.", name=name, reason=str(error.strerror)
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadCard("The card of “{name}” is not valid TOML: {reason}.", name=name, reason=str(error)) from error


class CardReader:
    """Typed, checked access to one card's table; every complaint names the card and the key."""

    def __init__(self, name: str, table: Mapping[str, Any]) -> None:
        self.name, self.table = name, table

    def bad(self, key: str, why: str) -> BadCard:
        return BadCard("The card of “{name}” is wrong at “{key}”: {why}.", name=self.name, key=key, why=why)

    def text(self, key: str, default: str | None = None, *, choices: tuple[str, ...] = ()) -> str:
        value = self.table.get(key, default)
        if value is None:
            raise self.bad(key, "it is missing")
        if not isinstance(value, str) or len(value) > 2000:
            raise self.bad(key, "it must be a text")
        if choices and value not in choices:
            raise self.bad(key, f"it must be one of {', '.join(choices)}")
        return value

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = 1_000_000) -> int:
        value = self.table.get(key, default)
        if value is None:
            raise self.bad(key, "it is missing")
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.bad(key, f"it must be a whole number from {low} to {high}")
        return value

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        value = self.table.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise self.bad(key, "it must be a number")
        if not low <= value <= high:
            raise self.bad(key, f"it must lie between {low:g} and {high:g}")
        return float(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or len(value) > 4:
            raise self.bad(key, "it must be a list of at most four numbers")
        for v in value:
            if not isinstance(v, int | float) or isinstance(v, bool) or not math.isfinite(v):
                raise self.bad(key, "it must hold numbers")
        return tuple(float(v) for v in value)

    def section(self, key: str) -> CardReader:
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            raise self.bad(key, "it must be a table")
        return CardReader(self.name, value)

    def words(self, key: str) -> dict[str, str]:
        """A table of texts by language; English is always there."""
        value = self.table.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) and len(v) <= 200 for v in value.values()):
            raise self.bad(key, "it must be a table of short texts")
        if not value.get("en"):
            raise self.bad(f"{key}.en", "it is missing")
        return dict(value)

    def plain_file(self, key: str, folder: Path, default: str | None = None) -> Path:
        """A file beside the card, by bare name: nothing outside the folder is ever reached."""
        name = self.text(key, default)
        if not name or name in (".", "..") or re.search(r"[/\\:\x00-\x1f]", name):
            raise self.bad(key, "it must be the bare name of a file beside the card")
        return folder / name


def is_id(text: str) -> bool:
    """Whether `text` may be a model's or a style's id: lower-case letters, digits, “_” and “-”, at most 64."""
    return _ID.fullmatch(text) is not None


def _image_spec(card: CardReader) -> ImageSpec:
    image = card.section("image")
    spec = ImageSpec(
        layout=image.text("layout", "NCHW", choices=("NCHW", "NHWC")),
        order=image.text("order", "RGB", choices=("RGB", "BGR", "L")),
        range=image.text("range", "0..1", choices=_RANGES),
        out_range=image.text("out_range", "", choices=("", *_RANGES)),
        minimum=image.whole("minimum", 1, low=1, high=8192),
        multiple_of=image.whole("multiple_of", 1, low=1, high=1024),
        width=image.whole("width", 0, high=16384),
        height=image.whole("height", 0, high=16384),
        scale=image.number("scale", 1.0, low=1 / 16, high=16),
        mean=image.numbers("mean"),
        std=image.numbers("std"),
    )
    if "mean_std" in (spec.range, spec.out_range) and (len(spec.mean) != 3 or len(spec.std) != 3 or 0 in spec.std):
        raise image.bad("mean", "mean and std need three numbers each, std none of them 0")
    return spec


def read_card(folder: Path) -> ModelCard:
    """Read and check `folder/card.toml`; the model file itself is not opened (see `ModelCard.verify`).

    Raises: BadCard with a sentence that names the folder and the key.
    """
    card = CardReader(folder.name, read_toml(folder / "card.toml", folder.name))
    identity = card.text("id")
    if not is_id(identity):
        raise card.bad("id", "it may hold lower-case letters, digits, “_” and “-” only")
    if identity != folder.name:
        raise card.bad("id", "it must be the folder's name")
    family = card.text("family", choices=FAMILIES)
    sha256 = card.text("sha256").lower()
    if not _SHA.fullmatch(sha256):
        raise card.bad("sha256", "it must be 64 hexadecimal digits")
    painter = None
    if family == "painter":
        sizes = card.section("painter")
        painter = PainterSpec(
            code_size=sizes.whole("code_size", low=1, high=4096),
            state_size=sizes.whole("state_size", low=2, high=1_000_000),
            receptive_radius=sizes.whole("receptive_radius", low=0, high=2048),
            align=sizes.whole("align", 1, low=1, high=256),
        )
    latent = None
    if family == "latent":
        from artdesk.engine.families.latent_card import read_latent  # which reads with what stands above

        latent = read_latent(card, folder)
    return ModelCard(
        id=identity,
        family=family,
        file=card.plain_file("file", folder),
        sha256=sha256,
        folder=folder,
        role=card.text("role", choices=("quality", "live")) if family == "painter" else card.text("role", ""),
        licence=card.text("licence", ""),
        trained_on=card.text("trained_on", ""),
        title=card.words("title"),
        code_space=card.text("code_space", ""),
        image=_image_spec(card),
        painter=painter,
        latent=latent,
        extra=card.table,
    )
