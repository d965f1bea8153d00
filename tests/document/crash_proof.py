"""Kills a painting and saving process at random moments and looks at what is left.

    python -m tests.document.crash_proof --count 200

A child process paints strokes (each one follows from its number alone), autosaves at a short interval and saves its
project file now and then. The parent kills it (SIGKILL), then checks that the project file and its backup
open, that what can be recovered is pixel for pixel the picture after some number of strokes, that no stroke
is missing that a finished save had seen, and how old the oldest missing stroke is.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artdesk.document.autosave import Autosaver
from artdesk.document.brush import BrushSettings, StrokeEngine, StrokeMode
from artdesk.document.document import Document
from artdesk.document.layers import Mask, PixelLayer
from artdesk.document.ora import backup_of, open_project, save_project
from artdesk.document.recovery import recover, recoverable
from artdesk.document.rect import Rect

SIDE = 768
INTERVAL = 0.5
REPOSITORY = Path(__file__).resolve().parents[2]


def new_document() -> Document:
    """The picture before the first stroke: three layers, one with a mask; the lowest carries the counter."""
    document = Document(SIDE, SIDE)
    layers = tuple(PixelLayer(name=name, id=name) for name in ("ground", "middle", "top"))
    layers[1].mask = Mask()
    document.root.children = layers
    document.active_layer = layers[0]
    return document


def paint(document: Document, number: int) -> None:
    """Stroke ``number``, the same every time, then the number itself into the first pixel."""
    chance = random.Random(number)
    layer = document.layer(chance.choice(("ground", "middle", "top")))
    settings = BrushSettings(size=chance.uniform(5, 120), hardness=chance.random(), flow=chance.uniform(0.2, 1.0))
    mode = chance.choice((StrokeMode.PAINT, StrokeMode.PAINT, StrokeMode.ERASE, StrokeMode.SMUDGE))
    color = (chance.randrange(256), chance.randrange(256), chance.randrange(256), 255)
    plane = "mask" if layer.id == "middle" and chance.random() < 0.3 else None
    stroke = StrokeEngine(document, layer, settings, color, mode, plane=plane)
    stroke.move_to(chance.uniform(0, SIDE), chance.uniform(0, SIDE), chance.random())
    for _ in range(3):
        stroke.line_to(chance.uniform(0, SIDE), chance.uniform(0, SIDE), chance.random())
    stroke.end()
    with document.begin_edit("ground", "count") as edit:
        value = (number & 255, number >> 8 & 255, number >> 16, 255)
        edit.write(Rect(0, 0, 1, 1), np.array([[value]], np.uint8))


def strokes_in(document: Document) -> int:
    """How many strokes a document holds, by its counter."""
    ground = document.layer("ground")
    assert isinstance(ground, PixelLayer)
    red, green, blue, alpha = (int(value) for value in ground.pixels.read(Rect(0, 0, 1, 1))[0, 0])
    return red | green << 8 | blue << 16 if alpha else 0


def child(folder: Path) -> None:
    """Paint and save until killed; every finished stroke and save is a line in the journal."""
    journal = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(what: str, number: int) -> None:
        os.write(journal, f"{what} {number} {time.time()}\n".encode())

    document = new_document()
    autosaver = Autosaver(folder / "autosave", name="crash proof")
    project = folder / "project.ora"
    pool = ThreadPoolExecutor(1)
    busy: Future[None] | None = None
    saving: tuple[Document, int] | None = None
    number, rounds, last = 0, 0, 0.0

    def autosave(snapshot: Document, strokes: int) -> None:
        autosaver.save(snapshot)
        note("saved", strokes)

    def save(snapshot: Document, strokes: int) -> None:
        save_project(snapshot, project, overwrite=True)
        note("saved", strokes)

    while True:
        number += 1
        paint(document, number)
        note("stroke", number)
        if busy is not None and busy.done():
            busy.result()
            busy = None
            if saving is not None and saving[0].state_id == document.state_id:
                busy = pool.submit(autosaver.mark_saved)
            saving = None
        if busy is None and time.monotonic() - last >= INTERVAL:
            last = time.monotonic()
            rounds += 1
            snapshot = document.snapshot_for_saving()
            if rounds % 3 == 0:
                saving = snapshot, number
                busy = pool.submit(save, snapshot, number)
            else:
                busy = pool.submit(autosave, snapshot, number)
        time.sleep(0.004)


@dataclass
class Outcome:
    """What one kill left: strokes painted, strokes found again, age in seconds of the oldest one missing."""

    painted: int
    found: int
    missing_seconds: float
    project: bool


def run_once(folder: Path, chance: random.Random, longest: float) -> Outcome:
    """Start a child, kill it after a random while, check what it left. Raises AssertionError on any loss."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            __name__ if __name__ != "__main__" else "tests.document.crash_proof",
            "--child",
            str(folder),
        ],
        cwd=REPOSITORY,
    )
    journal = folder / "journal"
    try:
        deadline = time.monotonic() + 60
        while not journal.exists() or journal.stat().st_size == 0:
            assert process.poll() is None, "the painting process ended by itself"
            assert time.monotonic() < deadline, "the painting process never began"
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, longest))
        assert process.poll() is None, "the painting process ended by itself"
    finally:
        process.kill()
        process.wait()
    return judge(folder, time.time())


def judge(folder: Path, killed: float) -> Outcome:
    """Open everything a killed process left and compare it with what it had painted."""
    lines = [line.split() for line in (folder / "journal").read_text().splitlines()]
    strokes = {int(number): float(at) for what, number, at in lines if what == "stroke"}
    promised = max((int(number) for what, number, _ in lines if what == "saved"), default=0)
    found = 0
    project = folder / "project.ora"
    documents = [open_project(path) for path in (project, backup_of(project)) if path.exists()]
    for item in recoverable(folder / "autosave"):
        assert item.name == "crash proof"
        documents.append(recover(item))
    wanted, painted = new_document(), 0
    for document in sorted(documents, key=strokes_in):
        found = strokes_in(document)
        assert found >= 1, "a saved document holds no stroke"
        for stroke in range(painted + 1, found + 1):
            paint(wanted, stroke)
        painted = found
        # A snapshot composes afresh; the picture kept while painting may be off by what rounding left in its caches.
        fresh = wanted.snapshot_for_saving()
        same = np.array_equal(document.composite(document.rect), fresh.composite(fresh.rect))
        assert same, f"what was saved after {found} strokes is not what had been painted"
    assert found >= promised, f"{promised} strokes had been saved, {found} were found"
    lost = [at for number, at in strokes.items() if number > found]
    return Outcome(max(strokes, default=0), found, max((killed - at for at in lost), default=0.0), project.exists())


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a painting process at random moments and count what is lost.")
    parser.add_argument("--count", type=int, default=20, help="how many times to kill")
    parser.add_argument("--longest", type=float, default=4.0, help="longest life of a process in seconds")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.child)
    chance = random.Random(options.seed)
    outcomes: list[Outcome] = []
    for number in range(options.count):
        with tempfile.TemporaryDirectory(prefix="artdesk-crash-") as folder:
            outcomes.append(run_once(Path(folder), chance, options.longest))
        one = outcomes[-1]
        print(
            f"{number + 1:4d}: {one.painted:4d} strokes painted, {one.found:4d} found, "
            f"oldest missing {one.missing_seconds:.2f} s",
            flush=True,
        )
    ages = sorted(one.missing_seconds for one in outcomes)
    print(
        f"{len(outcomes)} kills, every file opened; {sum(o.painted for o in outcomes)} strokes painted, "
        f"{sum(o.project for o in outcomes)} project files; a save every {INTERVAL} s; oldest missing stroke: "
        f"median {ages[len(ages) // 2]:.2f} s, worst {ages[-1]:.2f} s before the kill"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
