# mypy: disable-error-code="no-any-return"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""Packing a training for the desk: model folders with cards, style folders with codes and previews."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from artdesk.foundry import export
from artdesk.foundry.data import tensor
from artdesk.foundry.nets import (
    CODE_SIZE,
    STYLIST_SIDE,
    Features,
    Painter,
    Stylist,
    live_painter,
    quality_painter,
)
from artdesk.foundry.recipe import Nets
from artdesk.foundry.scene import draw_scene
from artdesk.foundry.sheets import picture

PREVIEW_SIDE = 256
PREVIEW_BYTES = 14 * 1024
TRAINED_ON = (
    "research photographs (ImageNet samples, BSDS500) and public-domain paintings, with VGG-19 features "
    "(K. Simonyan and A. Zisserman, CC BY 4.0); no picture is contained"
)
_TITLES = {
    "painter": ("Painter", "画师"),
    "live_painter": ("Live painter", "实时画师"),
    "stylist": ("Stylist", "风格师"),
    "features": ("Perceptual features", "感知特征"),
}


def catalogue() -> dict[str, dict[str, Any]]:
    """What is known of the bundled styles, by id."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _card(name: str, family: str, **more: object) -> dict[str, Any]:
    en, zh = _TITLES[name]
    return {
        "family": family,
        **more,
        "licence": "Apache-2.0",
        "trained_on": TRAINED_ON,
        "title": {"en": en, "zh": zh},
        "image": {"layout": "NCHW", "order": "RGB", "range": "0..1", "minimum": 64, "multiple_of": 1},
    }


def _finish(folder: Path, card: dict[str, Any], licence: Path | None) -> None:
    export.write_card(folder, card)
    if licence is not None and licence.exists():
        shutil.copyfile(licence, folder / "LICENSE")


def export_features(net: Features, out: Path, notes: Mapping[str, Any], licence: Path | None = None) -> float:
    """Write ``features/`` below ``out``; returns the worst difference from torch."""
    folder = out / "features"
    worst = export.export_features(net, folder / "model.onnx")
    _finish(folder, _card("features", "features") | {"training": dict(notes)}, licence)
    return worst


def export_models(nets: Nets, out: Path, notes: Mapping[str, Any], licence: Path | None = None) -> dict[str, float]:
    """Write ``painter/``, ``live_painter/`` and ``stylist/`` below ``out``.

    Returns each one's worst difference from torch. ``notes`` goes into the cards' [training] table.
    """
    space = export.code_space_of(identity_of(nets))
    worst: dict[str, float] = {}
    for name, role, net in (("painter", "quality", nets.painter), ("live_painter", "live", nets.live)):
        worst[name] = export.export_painter(net, out / name / "model.onnx")
        card = _card(name, "painter", role=role, code_space=space)
        card["painter"] = {
            "code_size": CODE_SIZE,
            "state_size": net.state_size,
            "receptive_radius": net.receptive_radius,
            "align": 4,
        }
        _finish(out / name, card | {"training": dict(notes)}, licence)
    worst["stylist"] = export.export_stylist(nets.stylist, out / "stylist" / "model.onnx")
    card = _card("stylist", "stylist", code_space=space)
    card["image"] |= {"width": STYLIST_SIDE, "height": STYLIST_SIDE}
    card["stylist"] = {"code_size": CODE_SIZE}
    _finish(out / "stylist", card | {"training": dict(notes)}, licence)
    return worst


def identity_of(nets: Nets) -> NDArray[np.float32]:
    """The code (D,) that gives back the picture."""
    return nets.codes[-1].detach().cpu().numpy().astype(np.float32)


def _preview(painter: Painter, code: torch.Tensor, content: Image.Image) -> bytes:
    """The scene painted in a code, as WebP of at most 14 KB."""
    with torch.no_grad():
        painted = picture(painter.paint(tensor(content), code[None]))
    painted = painted.resize((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    for quality in (82, 74, 66, 56, 46, 36, 24):
        buffer = io.BytesIO()
        painted.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= PREVIEW_BYTES:
            break
    return buffer.getvalue()


def write_style(
    folder: Path, painter: Painter, code: torch.Tensor, about: Mapping[str, Any], space: str, scene: Image.Image
) -> None:
    """Write one style folder: ``style.toml``, ``code.npy`` (D,) float32, ``preview.webp`` 256 x 256.

    ``scene`` is painted for the preview. ``about`` holds title and artist {en, zh}, year, technique, source and
    rights, as far as known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "code.npy", code.detach().cpu().numpy().astype(np.float32), allow_pickle=False)
    (folder / "preview.webp").write_bytes(_preview(painter, code, scene))
    table = {"id": folder.name, "preview": "preview.webp", "code": "code.npy", "code_space": space, **about}
    (folder / "style.toml").write_text(export.toml(table), encoding="utf-8")


def export_styles(nets: Nets, names: Sequence[str], out: Path) -> None:
    """Write a folder for every trained style and ``identity.npy`` below ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    identity = identity_of(nets)
    space = export.code_space_of(identity)
    np.save(out / "identity.npy", identity, allow_pickle=False)
    known = catalogue()
    scene = draw_scene(320)
    for i, name in enumerate(names):
        words = name.replace("_", " ").title()
        about = known.get(name, {"title": {"en": words, "zh": words}})
        write_style(out / name, nets.painter, nets.codes[i], about, space, scene)


def load_trained(models: Path, styles: Path, pictures: Sequence[Path]) -> Nets:
    """Networks from exported folders, with the codes of some style pictures.

    A picture's code comes from the style folder of its name (in ``models/styles`` or ``styles``), where there
    is one of this code space, else from the stylist. Weights are read from the ONNX files alone.
    """
    from artdesk.foundry.checkpoints import load_onnx_weights
    from artdesk.foundry.own_style import first_code

    folders = [f for f in (models / "styles", styles) if (f / "identity.npy").is_file()]
    if not folders:
        raise FileNotFoundError(models / "styles" / "identity.npy")
    stylist = Stylist(Features())
    nets = Nets(quality_painter(), live_painter(), stylist, len(pictures))
    for name, net in (("painter", nets.painter), ("live_painter", nets.live), ("stylist", stylist)):
        load_onnx_weights(net, models / name / "model.onnx")
    with torch.no_grad():
        nets.codes[-1] = torch.from_numpy(np.load(folders[0] / "identity.npy", allow_pickle=False))
        for i, path in enumerate(pictures):
            stored = folders[0] / path.stem / "code.npy"
            if stored.is_file():
                nets.codes[i] = torch.from_numpy(np.load(stored, allow_pickle=False))
            else:
                nets.codes[i] = first_code(stylist, path)[0]
    return nets.eval()


def write_own_style(parent: Path, name: str, source: Path, nets: Nets, code: NDArray[np.float32]) -> Path:
    """Write a person's style into a free folder below ``parent``; returns that folder."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48] or "style"
    folder, number = parent / stem, 2
    while folder.exists():
        folder, number = parent / f"{stem}_{number}", number + 1
    words = "".join(c for c in name if c.isprintable()).strip()[:120] or stem
    about = {
        "source": hashlib.sha256(source.read_bytes()).hexdigest(),
        "title": {"en": words, "zh": words},
    }
    working = folder.with_name(f".new-{folder.name}")
    space = export.code_space_of(identity_of(nets))
    write_style(working, nets.painter, torch.from_numpy(code), about | {"id": folder.name}, space, draw_scene(320))
    working.rename(folder)
    return folder
