"""Latent models as the desk and the command line list them."""

from __future__ import annotations

from artdesk.core.errors import ModelError, WrongUse
from artdesk.core.garden import Garden, GardenModel
from artdesk.core.garden_file import model_note
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.families.latent import model_sha256, spec_of, usable_encoder


def garden_models(engine: Engine) -> tuple[GardenModel, ...]:
    """Every latent model of the library. Only cards are read, and encoders checked once against theirs."""
    return tuple(garden_model(card) for card in engine.library.models() if card.family == "latent")


def garden_model(card: ModelCard) -> GardenModel:
    """One latent model; a damaged encoder is left out, with a note. Raises WrongUse for another family."""
    spec = spec_of(card)
    notes: tuple[Note, ...] = ()
    encodes = spec.encoder is not None
    if encodes:
        try:
            usable_encoder(card)
        except ModelError as error:
            encodes, notes = False, (Note(error.template, error.values),)
    classes = spec.classes or tuple({"en": str(n)} for n in range(spec.labels))
    return GardenModel(
        id=card.id,
        sha256=model_sha256(card),
        title=dict(card.title),
        width=card.image.width or 256,
        height=card.image.height or 256,
        classes=classes,
        encodes=encodes,
        truncation=spec.truncation,
        notes=notes,
    )


def model_for(engine: Engine, model_id: str, garden: Garden) -> tuple[ModelCard, tuple[Note, ...]]:
    """The card to make a garden's pictures with, and what there is to say when it is not the garden's own.

    Raises: UnknownModel, WrongUse when the model makes no pictures of its own.
    """
    card = engine.library.model(model_id)
    spec_of(card)
    if garden.model_id != model_id:
        return card, (
            Note(
                "This garden was made with another model (“{model}”): its pictures differ.", {"model": garden.model_id}
            ),
        )
    note = model_note(garden, {card.id: garden_model(card)})
    return card, (note,) if note is not None else ()


def default_model(engine: Engine) -> ModelCard:
    """The latent model to begin with: the first of the library. Raises WrongUse when there is none."""
    for card in engine.library.models():
        if card.family == "latent":
            return card
    raise WrongUse("No model that makes pictures of its own is installed.")
