"""Taking a measured model in: its file (rewritten where that is possible), its card, its preview, in one folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import onnx
from PIL import Image as Pillow

from artdesk.core.errors import AlreadyExists, ModelRefused, WrongUse, translate_os_error
from artdesk.core.image import Image
from artdesk.engine.cards import is_id
from artdesk.engine.foreign.cards import card_text
from artdesk.engine.foreign.colours import BYTES, IMAGENET, SIGNED, UNIT
from artdesk.engine.foreign.facts import FAMILIES, ImagePort, Measured, Order, Scale
from artdesk.engine.foreign.latent_cards import latent_card_text
from artdesk.engine.foreign.norms import rewrite, settle_batch_norms
from artdesk.engine.foreign.probe import Probe
from artdesk.engine.foreign.surgery import free_sizes

CORRECTIONS = ("family", "order", "range", "out_order", "out_range")
_SCALES = {"0..1": UNIT, "0..255": BYTES, "-1..1": SIGNED, "mean_std": IMAGENET}
_SPARE = 1.3
_MOST_BYTES_PER_PIXEL = 100_000
_LEAST_BYTES_PER_PIXEL = 60


def id_from(path: Path) -> str:
    """An id made of a file's name: lower-case letters, digits, “-”."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48] or "model"


def corrected(measured: Measured, corrections: Mapping[str, str]) -> Measured:
    """What was measured, with the person's word in place of ours. Raises WrongUse for unknown names and values."""
    image, output = measured.image, measured.output
    for name, value in corrections.items():
        if name == "family" and value in FAMILIES and "latent" not in (value, measured.family):
            measured = replace(measured, family=value)  # type: ignore[arg-type]
        elif name == "order" and value.lower() in ("rgb", "bgr") and image.channels == 3:
            image = replace(image, order=_order(value))
            if output is not None and output.channels == 3 and "out_order" not in corrections:
                # Unless said otherwise a network answers in the order it was asked in.
                output = replace(output, order=_order(value))
        elif name == "out_order" and value.lower() in ("rgb", "bgr") and output is not None and output.channels == 3:
            output = replace(output, order=_order(value))
        elif name == "range" and value in _SCALES:
            image = replace(image, scale=_scale(value, image))
        elif name == "out_range" and value in _SCALES and output is not None:
            output = replace(output, scale=_scale(value, output))
        else:
            raise WrongUse(
                "“{name}={value}” cannot be set; {names} can, to what fits the model.",
                name=name,
                value=value,
                names=", ".join(CORRECTIONS),
            )
    if measured.latent is not None:  # one picture only, and it comes out
        image = output = image if image != measured.image or output is None else output
    return replace(measured, image=image, output=output)


def _order(value: str) -> Order:
    return "bgr" if value.lower() == "bgr" else "rgb"


def _scale(value: str, port: ImagePort) -> Scale:
    if value == "mean_std" and port.channels != 3:
        raise WrongUse("A mean and a deviation are known for colour pictures only.")
    return _SCALES[value]


def finished_model(probe: Probe) -> onnx.ModelProto:
    """The model as it will be run: batch norms settled, size freed, statistics opened, as the probe found
    possible.
    """
    model = settle_batch_norms(probe.read.model)
    if probe.measured.freed:
        model = free_sizes(model)
    if probe.measured.recipe is not None:
        try:
            model = rewrite(model, probe.measured.recipe)
        except (ValueError, KeyError) as error:
            raise ModelRefused("“{name}” could not be measured.", name=probe.read.facts.name) from error
    return model


def write_model(probe: Probe, parent: Path, identity: str, title: str, preview: Image) -> Path:
    """Write `parent`/`identity` with model.onnx, card.toml and preview.webp: whole or not at all.

    Raises: WrongUse for an id that is none, AlreadyExists, SaveError.
    """
    if not is_id(identity):
        raise WrongUse("An id holds lower-case letters, digits, “_” and “-” only, not “{id}”.", id=identity)
    target = parent / identity
    if target.exists():
        raise AlreadyExists("There is a model “{id}” already.", id=identity)
    content = finished_model(probe).SerializeToString()
    mapping = settle_batch_norms(probe.mapping.model).SerializeToString() if probe.mapping is not None else b""
    text = _card(probe, identity, title, content, mapping)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            (working / "model.onnx").write_bytes(content)
            if mapping:
                (working / "mapping.onnx").write_bytes(mapping)
            Pillow.fromarray(preview[:, :, :3]).save(working / "preview.webp", quality=88)
            (working / "card.toml").write_text(text, encoding="utf-8")
            os.replace(working, target)
        finally:
            shutil.rmtree(working, ignore_errors=True)
    except OSError as error:
        raise translate_os_error(error, target, "write") from error
    return target


def _card(probe: Probe, identity: str, title: str, content: bytes, mapping: bytes) -> str:
    sha256, facts, measured = hashlib.sha256(content).hexdigest(), probe.read.facts, probe.measured
    if measured.latent is not None:
        beside = hashlib.sha256(mapping).hexdigest() if mapping else ""
        return latent_card_text(
            identity=identity, title=title, facts=facts, measured=measured, sha256=sha256, mapping_sha256=beside
        )
    memory = int(measured.mb_per_megapixel * _SPARE)
    per_pixel = min(_MOST_BYTES_PER_PIXEL, max(_LEAST_BYTES_PER_PIXEL, memory)) if memory else 0
    return card_text(
        identity=identity, title=title, facts=facts, measured=measured, sha256=sha256, bytes_per_pixel=per_pixel
    )


def write_preview(folder: Path, preview: Image) -> None:
    """Replace the preview of an imported model. Raises SaveError."""
    working = folder / ".preview.part"
    try:
        Pillow.fromarray(preview[:, :, :3]).save(working, format="WEBP", quality=88)
        os.replace(working, folder / "preview.webp")
    except OSError as error:
        working.unlink(missing_ok=True)
        raise translate_os_error(error, folder, "write") from error


def remove_model(folder: Path) -> None:
    """Remove an imported model's folder at once: renamed away first, so that no half of it stays. Raises
    SaveError.
    """
    grave = folder.with_name(f".gone-{folder.name}-{os.getpid()}")
    try:
        os.replace(folder, grave)
    except OSError as error:
        raise translate_os_error(error, folder, "write") from error
    shutil.rmtree(grave, ignore_errors=True)
