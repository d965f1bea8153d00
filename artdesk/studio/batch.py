"""Painting many pictures: skipping, resuming, stopping; a failure is kept for the end and stops nobody else."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from artdesk.core.errors import ArtDeskError, Cancelled, DiskFull, translate_os_error
from artdesk.core.progress import Progress
from artdesk.core.requests import StylizeFileRequest
from artdesk.core.results import FileResult, Note
from artdesk.studio.batch_plan import BatchItem

log = logging.getLogger(__name__)

JOURNAL = ".artdesk-batch.jsonl"
_MOST_JOURNAL_BYTES = 64 << 20
_LOOK_AGAIN = 0.05
State = Literal["done", "failed", "skipped"]
Perform = Callable[[StylizeFileRequest, Progress], FileResult]


@dataclass(frozen=True)
class Outcome:
    """What became of one picture. `error` is a sentence, for failures."""

    item: BatchItem
    state: State
    error: str = ""
    seconds: float = 0.0
    device: str = ""
    notes: tuple[Note, ...] = ()
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class BatchSummary:
    """The end of a batch. `stopped`: the person stopped it, or the disk is full.

    Then `left` pictures were not begun.
    """

    outcomes: tuple[Outcome, ...]
    stopped: bool
    left: int

    def count(self, state: State) -> int:
        """How many pictures ended that way."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """What failed, in the batch's order."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")


class Journal:
    """What a batch has done so far, one line a picture, beside the paintings: `--resume` reads it."""

    def __init__(self, folder: Path, template: StylizeFileRequest) -> None:
        self._path = folder / JOURNAL
        self._look = fingerprint(template)
        self._lock = threading.Lock()

    def done(self) -> set[str]:
        """Targets (below the folder) already painted with the same settings. A damaged line counts for nothing."""
        finished: set[str] = set()
        try:
            if self._path.stat().st_size > _MOST_JOURNAL_BYTES:
                return finished
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return finished
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict) and entry.get("look") == self._look and isinstance(entry.get("target"), str):
                (finished.add if entry.get("state") == "done" else finished.discard)(entry["target"])
        return finished

    def name(self, item: BatchItem) -> str:
        """How an item is called in the journal."""
        try:
            return item.target.relative_to(self._path.parent).as_posix()
        except ValueError:
            return str(item.target)

    def write(self, outcome: Outcome) -> None:
        """Append one outcome, at once on the disk. A journal that cannot be written costs resuming, not the batch."""
        entry = {"target": self.name(outcome.item), "state": outcome.state, "look": self._look, "error": outcome.error}
        with self._lock:
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            except OSError as error:
                log.warning("the batch's journal cannot be written: %s", error)


def fingerprint(template: StylizeFileRequest) -> str:
    """What makes two batches the same: everything that shapes the pixels."""
    shaping = [
        [[style, float(weight)] for style, weight in template.mix],
        template.strength,
        template.keep_colors,
        template.stroke_size,
        template.size,
        template.painter,
        template.quality,
    ]
    return hashlib.sha256(json.dumps(shaping).encode()).hexdigest()[:16]


def run_batch(
    perform: Perform,
    items: Sequence[BatchItem],
    template: StylizeFileRequest,
    progress: Progress,
    *,
    jobs: int = 1,
    skip_existing: bool = False,
    journal: Journal | None = None,
    resume: bool = False,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> BatchSummary:
    """Paint `items` with the settings of `template`; `tell` hears of each as it ends (on this thread).

    `jobs` pictures are under way at once: while one is painted, others are read and written. A stop is not an error
    here: the summary says so. A full disk stops the batch, any other failure does not.
    """
    finished = journal.done() if journal is not None and resume else set()
    outcomes: dict[int, Outcome] = {}
    stop = threading.Event()
    waiting = iter(enumerate(items))
    running: dict[Future[Outcome], int] = {}
    started = 0

    def note(index: int, outcome: Outcome) -> None:
        outcomes[index] = outcome
        if journal is not None and outcome.state != "skipped":
            journal.write(outcome)
        tell(outcome)
        progress.step(len(outcomes) / max(1, len(items)), outcome.item.source.name)

    with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="batch") as pool:
        try:
            while True:
                for index, item in _up_to(waiting, max(1, jobs) - len(running)):
                    started += 1
                    skipped = item.target.exists() if skip_existing else False
                    if skipped or (journal is not None and journal.name(item) in finished and item.target.exists()):
                        note(index, Outcome(item, "skipped"))
                        continue
                    running[pool.submit(_one, perform, item, template, progress, stop)] = index
                if not running:
                    if started >= len(items):
                        break
                    continue
                ready, _ = wait(running, timeout=_LOOK_AGAIN, return_when=FIRST_COMPLETED)
                for future in ready:
                    note(running.pop(future), future.result())
                progress.token.check()
                if stop.is_set():
                    raise Cancelled
        except Cancelled:
            _collect_rest(running, outcomes, journal, tell)
            return BatchSummary(_ordered(outcomes), True, len(items) - len(outcomes))
    return BatchSummary(_ordered(outcomes), False, 0)


def _up_to(items: Iterable[tuple[int, BatchItem]], count: int) -> Iterable[tuple[int, BatchItem]]:
    iterator = iter(items)
    for _ in range(count):
        try:
            yield next(iterator)
        except StopIteration:
            return


def _one(
    perform: Perform, item: BatchItem, template: StylizeFileRequest, progress: Progress, stop: threading.Event
) -> Outcome:
    begun = time.perf_counter()
    request = replace(template, source=item.source, target=item.target)
    try:
        try:
            item.target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise translate_os_error(error, item.target, "write") from error
        result = perform(request, Progress(token=progress.token))
    except ArtDeskError as error:
        if isinstance(error, DiskFull):
            stop.set()
        return Outcome(item, "failed", str(error), time.perf_counter() - begun)
    except Cancelled:
        raise
    except Exception as error:
        log.exception("batch: %s", item.source)
        return Outcome(item, "failed", f"“{item.source}”: {type(error).__name__}", time.perf_counter() - begun)
    seconds = time.perf_counter() - begun
    return Outcome(item, "done", "", seconds, result.receipt.device, tuple(result.notes), result.width, result.height)


def _collect_rest(
    running: dict[Future[Any], int],
    outcomes: dict[int, Outcome],
    journal: Journal | None,
    tell: Callable[[Outcome], None],
) -> None:
    """Pictures that were under way when the batch was stopped: the ones that made it count."""
    wait(running)
    for future, index in running.items():
        if future.exception() is None:
            outcomes[index] = future.result()
            if journal is not None:
                journal.write(outcomes[index])
            tell(outcomes[index])


def _ordered(outcomes: dict[int, Outcome]) -> tuple[Outcome, ...]:
    return tuple(outcomes[index] for index in sorted(outcomes))
