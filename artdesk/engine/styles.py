"""Styles on disk: reading `style.toml` and its code with suspicion, writing the person's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from artdesk.core.errors import BadCard, translate_os_error
from artdesk.core.image import Image, fitted
from artdesk.engine.cards import CardReader, ModelCard, is_id, read_toml

Code = NDArray[np.float32]
_MAX_CODE_BYTES = 64 * 1024
_PREVIEW_SIDE = 512


@dataclass(frozen=True)
class StyleInfo:
    """One style as the gallery shows it. `kind` "model": a foreign network that stands as a style."""

    id: str
    title: Mapping[str, str]
    preview: Path
    kind: Literal["bundled", "own", "model"]
    artist: Mapping[str, str] = field(default_factory=dict)
    year: str = ""
    technique: str = ""
    rights: str = ""
    source: str = ""
    model_id: str | None = None
    code_space: str = ""
    folder: Path = Path()


def _words(card: CardReader, key: str) -> dict[str, str]:
    return card.words(key) if key in card.table else {}


def read_style(folder: Path, kind: Literal["bundled", "own"]) -> tuple[StyleInfo, Code]:
    """The style in `folder` and its code. Raises BadCard with a sentence."""
    card = CardReader(folder.name, read_toml(folder / "style.toml", folder.name))
    identity = card.text("id")
    if identity != folder.name or not is_id(identity):
        raise card.bad("id", "it must be the folder's name")
    code = read_code(card.plain_file("code", folder, "code.npy"), folder.name)
    info = StyleInfo(
        id=identity,
        title=card.words("title"),
        preview=card.plain_file("preview", folder, "preview.webp"),
        kind=kind,
        artist=_words(card, "artist"),
        year=str(card.table.get("year", ""))[:40],
        technique=card.text("technique", ""),
        rights=card.text("rights", ""),
        source=card.text("source", ""),
        code_space=card.text("code_space", ""),
        folder=folder,
    )
    return info, code


def read_code(path: Path, name: str) -> Code:
    """A code (D,) float32 from an .npy file. Raises BadCard when it is missing or not a plain list of numbers."""
    try:
        if path.stat().st_size > _MAX_CODE_BYTES:
            raise BadCard("The code of the style “{name}” is too large.", name=name)
        with path.open("rb") as stream:
            code = np.load(stream, allow_pickle=False)
    except FileNotFoundError:
        raise BadCard("The style “{name}” has lost its code file.", name=name) from None
    except (OSError, ValueError, EOFError, SyntaxError, MemoryError) as error:
        raise BadCard("The code of the style “{name}” is damaged.", name=name) from error
    if not isinstance(code, np.ndarray) or code.dtype.kind != "f" or not 1 <= code.size <= 4096:
        raise BadCard("The code of the style “{name}” is damaged.", name=name)
    code = np.ascontiguousarray(code.reshape(-1), np.float32)
    if not np.isfinite(code).all():
        raise BadCard("The code of the style “{name}” is damaged.", name=name)
    code.flags.writeable = False
    return code


def style_of_model(card: ModelCard) -> StyleInfo:
    """A foreign fixed-style model as a style of the gallery."""
    return StyleInfo(
        id=card.id,
        title=card.title,
        preview=card.folder / "preview.webp",
        kind="model",
        rights=card.licence,
        source=card.trained_on,
        model_id=card.id,
        folder=card.folder,
    )


def make_id(name: str, taken: Callable[[str], bool]) -> str:
    """A free id made of `name`: lower-case ASCII where it has letters, else “style”, numbered until it is free."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48] or "style"
    candidate, number = stem, 2
    while taken(candidate):
        candidate, number = f"{stem}_{number}", number + 1
    return candidate


def _clean(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:120]


def write_style(
    parent: Path, identity: str, name: str, code: Code, preview: Image, *, source_sha: str, code_space: str
) -> Path:
    """Write a style of the person's own into `parent`/`identity`: whole or not at all. Raises SaveError."""
    title = json.dumps(_clean(name) or identity, ensure_ascii=False)
    target = parent / identity
    text = (
        f'id = "{identity}"\npreview = "preview.webp"\ncode = "code.npy"\n'
        f"code_space = {json.dumps(code_space)}\nsource = {json.dumps(source_sha)}\n"
        f"[title]\nen = {title}\nzh = {title}\n"
    )
    try:
        parent.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            np.save(working / "code.npy", np.asarray(code, np.float32).reshape(-1))
            Pillow.fromarray(fitted(preview, _PREVIEW_SIDE)[:, :, :3]).save(working / "preview.webp", quality=88)
            (working / "style.toml").write_text(text, encoding="utf-8")
            os.replace(working, target)
        finally:
            shutil.rmtree(working, ignore_errors=True)
    except OSError as error:
        raise translate_os_error(error, target, "write") from error
    return target


def delete_style(folder: Path) -> None:
    """Remove a style's folder at once: renamed away first, so that no half of it stays. Raises SaveError."""
    grave = folder.with_name(f".gone-{folder.name}-{os.getpid()}")
    try:
        os.replace(folder, grave)
    except OSError as error:
        raise translate_os_error(error, folder, "write") from error
    shutil.rmtree(grave, ignore_errors=True)
