"""Other people's models: trying one out, taking it in, letting it go."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from artdesk.core.errors import ArtDeskError, BadOutput, WrongUse
from artdesk.core.garden import new_garden, sow
from artdesk.core.image import Image, fitted, resized
from artdesk.core.progress import Progress
from artdesk.core.receipt import Receipt
from artdesk.core.requests import GenerateRequest, ImportModelRequest, ProbeModelRequest, RemoveModelRequest
from artdesk.core.results import ImportResult, Note, ProbeResult, Result
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.fixed_style import paint_fixed
from artdesk.engine.foreign.cards import foreign_spec, range_name
from artdesk.engine.foreign.facts import ImagePort, Measured, to_plain
from artdesk.engine.foreign.importing import corrected, id_from, remove_model, write_model, write_preview
from artdesk.engine.foreign.latent_facts import LatentFacts
from artdesk.engine.foreign.latent_ports import mapping_beside
from artdesk.engine.foreign.probe import Probe, probe_model
from artdesk.engine.foreign.reading import ReadModel, read_model
from artdesk.studio.generate import generate
from artdesk.studio.sample import sample_picture

_PREVIEW_SIDE = 384
FAMILY_TITLES = {
    "fixed_style": "A style of its own",
    "arbitrary_style": "Paints after any style picture",
    "style_encoder": "Turns style pictures into codes",
    "upscaler": "Enlarges pictures",
    "mask": "Finds something and gives a mask",
    "latent": "Makes pictures of its own from seeds",
}
TILE_WORDS = {"state": "seamless, statistics shared", "local": "seamless", "blend": "blended"}
PORT_WORDS: dict[tuple[str, ...], str] = {
    (): "{layout}, {order}, {range}",
    ("range",): "{layout}, {order}, {range} (range assumed)",
    ("order",): "{layout}, {order}, {range} (order assumed)",
    ("range", "order"): "{layout}, {order}, {range} (range and order assumed)",
}


@dataclass
class _Recent:
    """What was last measured and of which bytes: importing after looking need not measure twice. The model itself is
    not kept.
    """

    sha256: str = ""
    measured: Measured | None = None
    before: Image | None = None
    after: Image | None = None
    mapping: str = ""


_recent = _Recent()
_recent_lock = threading.Lock()


def _tried(path: Path, progress: Progress, *, keep: bool) -> Probe:
    global _recent
    with _recent_lock:
        known, _recent = _recent, _Recent()
    if known.measured is not None and known.before is not None:
        read = read_model(path)
        mapping = mapping_beside(path, read)
        if (read.facts.sha256, _sha_of(mapping)) == (known.sha256, known.mapping):
            return Probe(read, known.measured, known.before, known.after, mapping)
    tried = probe_model(path, token=progress.token, report=progress.step)
    if keep:
        with _recent_lock:
            mapped = _sha_of(tried.mapping)
            _recent = _Recent(tried.read.facts.sha256, tried.measured, tried.before, tried.after, mapped)
    return tried


def _sha_of(mapping: ReadModel | None) -> str:
    return mapping.facts.sha256 if mapping is not None else ""


def probe(engine: Engine, request: ProbeModelRequest, progress: Progress) -> ProbeResult:
    """Read and measure a foreign model without taking it in.

    Raises: ModelRefused with the reason in a sentence, Cancelled.
    """
    begun = time.perf_counter()
    tried = _tried(Path(request.path), progress, keep=True)
    receipt = _receipt("check_model", tried, tried.read.facts.sha256, "", time.perf_counter() - begun)
    return ProbeResult(receipt, _notes(tried.measured), **_shown(tried))


def import_model(engine: Engine, request: ImportModelRequest, progress: Progress) -> ImportResult:
    """Read, measure and take in a foreign model. A fixed-style model stands among the styles afterwards.

    Raises: ModelRefused, WrongUse for a bad id or correction, AlreadyExists, SaveError, Cancelled.
    """
    begun = time.perf_counter()
    path = Path(request.path)
    library = engine.library
    identity = request.id or _free_id(engine, id_from(path))
    taken = {card.id for card in library.models()} | {style.id for style in library.styles()}
    if identity in taken:
        raise WrongUse("There is a model or a style “{id}” already. Choose another id.", id=identity)
    tried = _tried(path, progress.part(0, 0.85), keep=False)
    tried = replace(tried, measured=corrected(tried.measured, dict(request.corrections)))
    title = request.title.strip() or path.stem.replace("_", " ").replace("-", " ").strip()[:80] or identity
    preview = tried.after if tried.after is not None else tried.before
    folder = write_model(tried, library.own_models, identity, title, preview)
    library.refresh()
    try:
        card = library.model(identity)
        progress.step(0.9)
        if card.family == "fixed_style":
            _paint_preview(engine, card, progress)
        elif card.latent is not None:
            _make_one(engine, card, progress)
    except BaseException:
        # Whatever goes wrong from here on (the person may stop, too), no half of a model stays behind.
        remove_model(folder)
        library.refresh()
        raise
    progress.step(1)
    receipt = _receipt("import_model", tried, card.sha256, identity, time.perf_counter() - begun)
    return ImportResult(receipt, _notes(tried.measured), **_shown(tried), model_id=identity)


def remove(engine: Engine, request: RemoveModelRequest, progress: Progress) -> Result:
    """Remove one of the person's own models. Raises UnknownModel, WrongUse for a bundled one, SaveError."""
    library = engine.library
    card = library.model(request.model_id)
    if card.folder.parent != library.own_models:
        raise WrongUse("“{title}” came with ArtDesk and stays.", title=card.title.get("en", card.id))
    engine.sessions.release(card.sha256)
    for part in (card.latent.mapping, card.latent.encoder) if card.latent is not None else ():
        if part is not None:
            engine.sessions.release(part.sha256)
    remove_model(card.folder)
    library.refresh()
    return Result(Receipt("remove_model", card.id, card.sha256, "cpu"))


def _free_id(engine: Engine, wanted: str) -> str:
    taken = {card.id for card in engine.library.models()} | {style.id for style in engine.library.styles()}
    identity, number = wanted, 2
    while identity in taken or (engine.library.own_models / identity).exists():
        identity, number = f"{wanted}-{number}", number + 1
    return identity


def _paint_preview(engine: Engine, card: ModelCard, progress: Progress) -> None:
    """The gallery shows every style on the same picture; a model that cannot paint it is not taken in."""
    sample = sample_picture()
    if sample is None:
        return
    fixed = foreign_spec(card).image.fixed
    picture: Image = resized(sample, fixed[1], fixed[0]) if fixed is not None else fitted(sample, _PREVIEW_SIDE)
    try:
        painted = paint_fixed(engine, card, picture, token=progress.token)
    except ArtDeskError as error:
        raise BadOutput("The model was measured but failed on a real picture: {reason}", reason=str(error)) from error
    write_preview(card.folder, fitted(painted.image, _PREVIEW_SIDE))


def _make_one(engine: Engine, card: ModelCard, progress: Progress) -> None:
    """A latent model that makes no picture here, whatever the child made with it, is not taken in."""
    garden = sow(new_garden(card.id, ""), 1, 1, card.latent.truncation if card.latent is not None else 1.0)
    try:
        generate(engine, GenerateRequest(card.id, garden, (0,), "cpu"), Progress(token=progress.token))
    except ArtDeskError as error:
        raise BadOutput("The model was measured but failed on a real picture: {reason}", reason=str(error)) from error


def _receipt(ability: str, tried: Probe, sha256: str, identity: str, seconds: float) -> Receipt:
    settings: dict[str, Any] = {"file": tried.read.facts.name, "source_sha256": tried.read.facts.sha256}
    return Receipt(ability, identity, sha256, "cpu", settings, seconds=seconds)


def _notes(measured: Measured) -> tuple[Note, ...]:
    notes = []
    if measured.seamless == "blend" and measured.family in ("fixed_style", "arbitrary_style", "upscaler"):
        notes.append(Note("Large pictures are painted in blended tiles: this network's statistics cannot be shared."))
    if "range" not in measured.image.sure:
        notes.append(Note("The value range could not be told for sure; it can be corrected in the model's card."))
    return tuple(notes)


def _shown(tried: Probe) -> dict[str, Any]:
    measured = tried.measured
    return {
        "name": tried.read.facts.name,
        "family": measured.family,
        "lines": describe(tried),
        "before": tried.before,
        "after": tried.after,
        "measured": {"file": to_plain(tried.read.facts), "found": to_plain(measured)},
    }


def describe(tried: Probe) -> tuple[tuple[str, Note], ...]:
    """What a person wants to know of a probed model: a word for what, and how it is."""
    facts, measured = tried.read.facts, tried.measured
    if measured.latent is not None:
        return describe_latent(tried, measured.latent)
    lines = [("Kind", Note(FAMILY_TITLES[measured.family])), ("Picture in", _port_words(measured.image))]
    if measured.output is not None:
        lines.append(("Picture out", _port_words(measured.output)))
    if measured.style is not None:
        lines.append(("Style", Note("a second picture")))
    if measured.code is not None:
        lines.append(("Style code", Note("{size} numbers", {"size": math.prod(measured.code.shape)})))
    if measured.factor > 1:
        lines.append(("Enlarges", Note("×{factor}", {"factor": measured.factor})))
    lines.append(("Size", _size_words(measured)))
    if measured.family in ("fixed_style", "arbitrary_style", "upscaler"):
        lines.append(("Tiles", Note(TILE_WORDS[measured.seamless])))
    weights = {"millions": f"{facts.weights / 1e6:.2f}", "opset": facts.opset}
    lines.append(("Weights", Note("{millions} million, ONNX opset {opset}", weights)))
    if measured.ms_per_megapixel:
        seconds = f"{measured.ms_per_megapixel / 1000:.1f}"
        lines.append(("Speed", Note("about {seconds} s a megapixel on this processor", {"seconds": seconds})))
    return tuple(lines)


def describe_latent(tried: Probe, latent: LatentFacts) -> tuple[tuple[str, Note], ...]:
    """As `describe`, of a model that makes pictures from seeds."""
    facts, measured = tried.read.facts, tried.measured
    lines = [("Kind", Note(FAMILY_TITLES["latent"])), ("Seed", Note("{size} numbers", {"size": latent.z_size}))]
    if tried.mapping is not None:
        lines.append(("Mapping", Note("{file}, beside it", {"file": tried.mapping.facts.name})))
    if latent.label_name:
        lines.append(("Classes", Note("{count}", {"count": latent.labels})))
    if latent.psi_name:
        lines.append(("Truncation", Note("built in")))
    lines += [("Picture out", _port_words(measured.image)), ("Size", _size_words(measured))]
    weights = facts.weights + (tried.mapping.facts.weights if tried.mapping is not None else 0)
    millions = {"millions": f"{weights / 1e6:.2f}", "opset": facts.opset}
    lines.append(("Weights", Note("{millions} million, ONNX opset {opset}", millions)))
    if measured.image.fixed is not None and measured.ms_per_megapixel:
        seconds = measured.ms_per_megapixel * math.prod(measured.image.fixed) / 1e9
        lines.append(
            ("Speed", Note("about {seconds} s a picture on this processor", {"seconds": f"{max(seconds, 0.01):.2f}"}))
        )
    return tuple(lines)


def _size_words(measured: Measured) -> Note:
    fixed, multiple = measured.image.fixed, measured.multiple_of
    if fixed is not None:
        return Note("{width} × {height} only", {"width": fixed[1], "height": fixed[0]})
    if multiple > 1:
        words = "multiples of {multiple}, freed from a fixed size" if measured.freed else "multiples of {multiple}"
        return Note(words, {"multiple": multiple})
    return Note("any, freed from a fixed size" if measured.freed else "any")


def _port_words(port: ImagePort) -> Note:
    doubtful = ("range",) if port.channels == 1 else ("range", "order")
    unsure = tuple(word for word in doubtful if word not in port.sure)
    order = "L" if port.channels == 1 else port.order.upper()
    values = {"layout": port.layout.upper(), "order": order, "range": range_name(port.scale)}
    return Note(PORT_WORDS[unsure], values)
