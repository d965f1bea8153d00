"""The library: every model and style of this machine, bundled and the person's own.

What is damaged is left out alone, with a sentence in `problems()`; everything else goes on working.
"""

from __future__ import annotations

import difflib
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from artdesk.core.errors import ArtDeskError, BadCard, ModelMissing, UnknownModel, UnknownStyle, WrongUse
from artdesk.core.image import Image
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard, read_card
from artdesk.engine.families.latent_card import no_encoder
from artdesk.engine.styles import (
    Code,
    StyleInfo,
    delete_style,
    make_id,
    read_code,
    read_style,
    style_of_model,
    write_style,
)

__all__ = ["Library", "StyleInfo"]
_log = logging.getLogger(__name__)
_STYLE_FAMILIES = ("fixed_style",)


@dataclass
class _Shelf:
    """One reading of the folders."""

    models: dict[str, ModelCard] = field(default_factory=dict)
    styles: dict[str, StyleInfo] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    identities: list[Code] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)


def _folders(parent: Path, marker: str) -> Iterator[Path]:
    try:
        entries = sorted(parent.iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.is_dir() and (entry / marker).exists():
            yield entry


class Library:
    """Models and styles from `folders` and `style_folders`: the first of each is bundled, the last the person's.

    Read on first use and again after `refresh()`. Any thread may ask.
    """

    def __init__(self, folders: Sequence[Path], style_folders: Sequence[Path]) -> None:
        if not folders or not style_folders:
            raise ValueError("a library needs at least one folder of models and one of styles")
        self._folders = tuple(folders)
        self._style_folders = tuple(style_folders)
        self._lock = threading.RLock()
        self._shelf: _Shelf | None = None

    @property
    def own_models(self) -> Path:
        """Where the person's models lie (imports go there)."""
        return self._folders[-1]

    @property
    def own_styles(self) -> Path:
        return self._style_folders[-1]

    def refresh(self) -> None:
        """Read the folders again with the next question."""
        with self._lock:
            self._shelf = None

    def models(self) -> tuple[ModelCard, ...]:
        """Every model with a valid card and a file."""
        return tuple(self._read().models.values())

    def problems(self) -> tuple[Note, ...]:
        """What could not be read, one sentence each."""
        return tuple(self._read().problems)

    def model(self, identity: str) -> ModelCard:
        """Raises UnknownModel with near matches."""
        models = self._read().models
        if identity not in models:
            near = _near(identity, list(models))
            if near:
                raise UnknownModel("There is no model “{id}”. Did you mean {near}?", id=identity, near=near)
            raise UnknownModel("There is no model “{id}”.", id=identity)
        return models[identity]

    def painter(self, role: str = "quality") -> ModelCard:
        """The painter of a role; when only the other one is there, that one. Raises ModelMissing."""
        painters = [m for m in self._read().models.values() if m.family == "painter"]
        for card in painters:
            if card.role == role:
                return card
        if painters:
            return painters[0]
        raise ModelMissing("No painter is installed: the folder of models is missing or damaged.")

    def stylist(self) -> ModelCard:
        """The network that turns a picture into a code. Raises ModelMissing."""
        space = self.painter().code_space
        for card in self._read().models.values():
            if card.family == "stylist" and card.code_space == space:
                return card
        raise ModelMissing("Making a style of a picture needs the stylist, which is not installed.")

    def styles(self) -> tuple[StyleInfo, ...]:
        """Bundled styles, then the person's own, then foreign models that stand as styles."""
        return tuple(self._read().styles.values())

    def style(self, identity: str) -> StyleInfo:
        """Raises UnknownStyle with near matches."""
        styles = self._read().styles
        if identity not in styles:
            names = [*styles, *(str(s.title.get("en", "")).lower() for s in styles.values())]
            near = _near(identity.lower(), names)
            if near:
                raise UnknownStyle("There is no style “{id}”. Did you mean {near}?", id=identity, near=near)
            raise UnknownStyle("There is no style “{id}”.", id=identity)
        return styles[identity]

    def code(self, style_id: str) -> Code:
        """The code (D,) of a style. Raises UnknownStyle, WrongUse for a foreign model that has none."""
        info = self.style(style_id)
        code = self._read().codes.get(style_id)
        if code is None:
            raise WrongUse("“{title}” is a model of its own and cannot be mixed.", title=info.title.get("en", info.id))
        return code

    def identity(self) -> Code:
        """The code that gives the picture back. Raises BadCard when it is missing."""
        identities = self._read().identities
        if not identities:
            raise BadCard("The identity code of the painter is missing.")
        return identities[0]

    def add_style(self, code: Code, name: str, preview: Image, source_sha: str) -> StyleInfo:
        """Keep a code in the person's library under a free id made of `name`. Raises SaveError."""
        with self._lock:
            taken = self._read().styles
            identity = make_id(name, lambda i: i in taken or (self.own_styles / i).exists())
            space = self.painter().code_space
            write_style(self.own_styles, identity, name, code, preview, source_sha=source_sha, code_space=space)
            self.refresh()
            return self.style(identity)

    def remove_style(self, identity: str) -> None:
        """Remove one of the person's own styles. Raises UnknownStyle, WrongUse for a bundled one, SaveError."""
        with self._lock:
            info = self.style(identity)
            if info.kind != "own":
                raise WrongUse("“{title}” came with ArtDesk and stays.", title=info.title.get("en", identity))
            delete_style(info.folder)
            self.refresh()

    def _read(self) -> _Shelf:
        with self._lock:
            if self._shelf is None:
                shelf = _Shelf()
                for parent in self._folders:
                    self._read_models(parent, shelf)
                for number, parent in enumerate(self._style_folders):
                    self._read_styles(parent, "bundled" if number == 0 else "own", shelf)
                for card in shelf.models.values():
                    if card.family in _STYLE_FAMILIES and card.id not in shelf.styles:
                        shelf.styles[card.id] = style_of_model(card)
                self._shelf = shelf
            return self._shelf

    def _read_models(self, parent: Path, shelf: _Shelf) -> None:
        for folder in _folders(parent, "card.toml"):
            try:
                card = read_card(folder)
                if not card.file.is_file():
                    raise ModelMissing(
                        "The file “{file}” of the model “{model}” is missing.", file=card.file.name, model=card.id
                    )
                card = _with_its_parts(card, shelf)
            except ArtDeskError as error:
                _complain(shelf, error)
                continue
            shelf.models.setdefault(card.id, card)

    def _read_styles(self, parent: Path, kind: Literal["bundled", "own"], shelf: _Shelf) -> None:
        painter = next((m for m in shelf.models.values() if m.family == "painter"), None)
        for folder in _folders(parent, "style.toml"):
            try:
                info, code = read_style(folder, kind)
                sizes = painter.painter if painter is not None else None
                if painter is not None and sizes is not None:
                    _check_space(info, code, sizes.code_size, painter.code_space)
            except ArtDeskError as error:
                _complain(shelf, error)
                continue
            if info.id not in shelf.styles:
                shelf.styles[info.id] = info
                shelf.codes[info.id] = code
        identity = parent / "identity.npy"
        if identity.is_file():
            try:
                code = read_code(identity, "identity")
            except ArtDeskError as error:
                _complain(shelf, error)
            else:
                if painter is None or painter.painter is None or code.size == painter.painter.code_size:
                    shelf.identities.append(code)


def _with_its_parts(card: ModelCard, shelf: _Shelf) -> ModelCard:
    """A latent model without its mapping is none; without its encoder it still makes pictures."""
    spec = card.latent
    if spec is None:
        return card
    if spec.mapping is not None and not spec.mapping.file.is_file():
        raise ModelMissing(
            "The file “{file}” of the model “{model}” is missing.", file=spec.mapping.file.name, model=card.id
        )
    if spec.encoder is not None and not spec.encoder.file.is_file():
        _complain(shelf, no_encoder(card.id, spec.encoder.file))
        return replace(card, latent=replace(spec, encoder=None))
    return card


def _check_space(info: StyleInfo, code: Code, size: int, space: str) -> None:
    if code.size != size or info.code_space != space:
        raise BadCard(
            "The style “{name}” was made for another painter: make it anew from its picture.",
            name=info.title.get("en", info.id),
        )


def _complain(shelf: _Shelf, error: ArtDeskError) -> None:
    _log.warning("library: %s", error)
    shelf.problems.append(Note(error.template, error.values))


def _near(wanted: str, names: list[str]) -> str:
    return ", ".join(dict.fromkeys(difflib.get_close_matches(wanted, names, 3, 0.6)))


def mix_codes(library: Library, mix: Sequence[tuple[str, float]]) -> Code:
    """The code (D,) of a mix: the weighted sum of its styles' codes, weights normalised.

    Raises: WrongUse for an empty mix or a weight that is no positive number, UnknownStyle.
    """
    if not mix:
        raise WrongUse("Choose a style first.")
    weights = np.array([w for _, w in mix], np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise WrongUse("The weights of a mix must be positive numbers.")
    weights /= weights.sum()
    total = sum(float(w) * library.code(style).astype(np.float64) for (style, _), w in zip(mix, weights, strict=True))
    return np.asarray(total, np.float32)
