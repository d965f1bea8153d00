"""Making the pictures of a garden's nodes, finding a picture's point, finding directions."""

from __future__ import annotations

import time
from dataclasses import replace

from artdesk.core.garden import Garden
from artdesk.core.garden_file import recipe
from artdesk.core.image import as_image
from artdesk.core.progress import Progress
from artdesk.core.receipt import GENERATED, Receipt
from artdesk.core.requests import DirectionsRequest, EncodePointRequest, GenerateRequest
from artdesk.core.results import DirectionsResult, EncodePointResult, GardenPicture, GenerateResult, Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.latent import Made, Point, encode_picture, make_picture, model_sha256, one_hot
from artdesk.engine.families.latent_space import directions
from artdesk.studio.garden_models import model_for
from artdesk.studio.garden_points import Points, pack_point


def generate(engine: Engine, request: GenerateRequest, progress: Progress) -> GenerateResult:
    """The pictures of the request's nodes; each is handed over as a GardenPicture as soon as it is made.

    A node's picture depends on its recipe, the model and the device alone: not on what else is asked for.

    Raises: UnknownModel, WrongUse, ProjectError for a damaged point, BadOutput, OutOfMemory, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    card, notes = model_for(engine, request.model_id, request.garden)
    garden = replace(request.garden, model_id=card.id, model_sha256=model_sha256(card))
    points = Points(engine, card, garden, progress.token)
    images, receipts = [], []
    device, said = "", list(notes)
    for index, node in enumerate(request.nodes):
        progress.step(index / len(request.nodes))
        started = time.perf_counter()
        made = make_picture(engine, card, points.of(node), device=request.device, token=progress.token)
        receipt = picture_receipt(card, garden, node, made, time.perf_counter() - started)
        images.append(made.image)
        receipts.append(receipt)
        device = made.device
        said += [note for note in made.notes if note not in said]
        progress.hand(GardenPicture(index, node, made.image, receipt))
    seconds = time.perf_counter() - begun
    whole = Receipt(
        ability="generate",
        model_id=card.id,
        model_sha256=card.sha256,
        device=device or "cpu",
        settings={"count": len(images)},
        seconds=seconds,
        source_type=GENERATED,
    )
    progress.step(1.0)
    return GenerateResult(whole, tuple(said), tuple(images), tuple(receipts), device, seconds)


def picture_receipt(card: ModelCard, garden: Garden, node: int, made: Made, seconds: float) -> Receipt:
    """The receipt of one node's picture; its settings hold all that is needed to make it again."""
    seed = garden.node(node).seed if garden.node(node).kind == "seed" else None
    return Receipt(
        ability="generate",
        model_id=card.id,
        model_sha256=card.sha256,
        device=made.device,
        settings=recipe(garden, node),
        seed=seed,
        seconds=seconds,
        source_type=GENERATED,
    )


def encode_point(engine: Engine, request: EncodePointRequest, progress: Progress) -> EncodePointResult:
    """The point of the request's picture (its middle square), and what the model makes of it.

    Raises: UnknownModel, WrongUse for a model without an encoder, ModelMissing for a damaged one, BadOutput,
    EngineError, Cancelled.
    """
    begun = time.perf_counter()
    card = engine.library.model(request.model_id)
    image = as_image(request.image)
    progress.step(0.0)
    w, _ = encode_picture(engine, card, image, device=request.device, token=progress.token)
    progress.step(0.5)
    made = make_picture(engine, card, Point(w, one_hot(card, 0)), device=request.device, token=progress.token)
    receipt = Receipt(
        ability="encode_point",
        model_id=card.id,
        model_sha256=card.sha256,
        device=made.device,
        seconds=time.perf_counter() - begun,
        source_type=GENERATED,
    )
    progress.step(1.0)
    return EncodePointResult(receipt, made.notes, pack_point(w), made.image)


def find_directions(engine: Engine, request: DirectionsRequest, progress: Progress) -> DirectionsResult:
    """How many directions the model has and what share of all differences lies along each.

    Raises: UnknownModel, WrongUse, EngineError, Cancelled.
    """
    begun = time.perf_counter()
    garden = Garden(request.model_id, "")
    card, _ = model_for(engine, request.model_id, garden)
    found = directions(engine, card, progress)
    notes: tuple[Note, ...] = ()
    if found.count == 0:
        notes = (
            Note(
                "No directions can be found in the model “{model}”: its first layer is of an unknown kind.",
                {"model": card.id},
            ),
        )
    receipt = Receipt("directions", card.id, card.sha256, "cpu", seconds=time.perf_counter() - begun)
    progress.step(1.0)
    return DirectionsResult(receipt, notes, found.count, tuple(float(share) for share in found.shares))
