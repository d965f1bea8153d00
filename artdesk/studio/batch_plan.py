"""What a batch has to do: every picture of the folders, and where its painting goes, the folders' tree kept."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from artdesk.core.errors import WrongUse
from artdesk.core.pictures import OPEN_SUFFIXES, SAVE_SUFFIXES

SAME = "same"


@dataclass(frozen=True)
class BatchItem:
    """One picture and where its painting goes."""

    source: Path
    target: Path


def plan_batch(places: Sequence[Path], output: Path, *, suffix: str = SAME) -> tuple[BatchItem, ...]:
    """Every picture in `places` (folders with all their folders, or single files), in a steady order.

    The tree below each folder is kept under `output`; several folders get one folder each there. Links to folders are
    not followed, hidden folders and `output` itself are left out. `suffix` (".png") changes the format; where the
    source's cannot be written, PNG is. Two paintings never get the same name.

    Raises: WrongUse for a place that does not exist, a format that cannot be written, or no picture at all.
    """
    if suffix != SAME and suffix.lower() not in SAVE_SUFFIXES:
        raise WrongUse("Pictures cannot be saved as “{suffix}”.", suffix=suffix)
    folders = [place for place in places if place.is_dir()]
    names = _folder_names(folders) if len(folders) > 1 else {}
    taken: set[str] = set()
    items: list[BatchItem] = []
    seen: set[Path] = set()
    for place in places:
        if place.is_dir():
            below = output / names[place] if place in names else output
            found = [(path, below / path.relative_to(place)) for path in _pictures_below(place, output)]
        elif place.exists():
            found = [(place, output / place.name)]
        else:
            raise WrongUse("“{name}” does not exist.", name=str(place))
        for source, wanted in found:
            real = source.resolve()
            if real in seen:
                continue
            seen.add(real)
            items.append(BatchItem(source, _free(wanted, suffix, taken)))
    if not items:
        raise WrongUse("There is no picture in {places}.", places=", ".join(f"“{p}”" for p in places))
    return tuple(items)


def _pictures_below(folder: Path, output: Path) -> list[Path]:
    left_out = output.resolve()
    found: list[Path] = []
    for where, folders, files in os.walk(folder, followlinks=False):
        here = Path(where)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (here / f).resolve() != left_out)
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in OPEN_SUFFIXES:
                found.append(here / name)
    return found


def _folder_names(folders: Sequence[Path]) -> dict[Path, str]:
    names: dict[Path, str] = {}
    used: set[str] = set()
    for folder in folders:
        if folder in names:
            continue
        base = folder.resolve().name or "pictures"
        name, number = base, 2
        while name.lower() in used:
            name, number = f"{base}-{number}", number + 1
        used.add(name.lower())
        names[folder] = name
    return names


def _free(wanted: Path, suffix: str, taken: set[str]) -> Path:
    kept = wanted.suffix if wanted.suffix.lower() in SAVE_SUFFIXES else ".png"
    target = wanted.with_suffix(kept if suffix == SAME else suffix)
    number = 2
    while str(target).lower() in taken:
        target = target.with_name(f"{wanted.stem}-{number}{target.suffix}")
        number += 1
    taken.add(str(target).lower())
    return target
