"""The desk's queue of pictures to paint: a journal on the disk, so that closing the desk loses nothing."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from artdesk.core.errors import WrongUse
from artdesk.core.fields import check_fields
from artdesk.core.files import write_text
from artdesk.core.requests import StylizeFileRequest, StylizeSettings
from artdesk.studio.batch_plan import SAME, plan_batch

log = logging.getLogger(__name__)

EntryState = Literal["waiting", "running", "done", "failed", "skipped"]
_STATES = get_args(EntryState)
_MOST_BYTES = 64 << 20
_SETTINGS = tuple(f.name for f in fields(StylizeSettings))


@dataclass(frozen=True)
class QueueEntry:
    """One picture in the queue. `request` is what to perform; `error` a sentence for failures."""

    id: str
    request: StylizeFileRequest
    state: EntryState = "waiting"
    error: str = ""

    @property
    def source(self) -> Path:
        """The picture to paint."""
        return self.request.source

    @property
    def target(self) -> Path:
        """Where the painting goes."""
        return self.request.target


class BatchQueue:
    """Entries in order, each change written to `path` before it counts. Any thread may call; `changed` callbacks run
    on the caller's.

    What was running when the desk went down waits again, unless its painting is there. A damaged line of the
    journal costs that line alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._entries: dict[str, QueueEntry] = {}
        self._listeners: list[Callable[[], None]] = []
        self._load()

    def entries(self) -> tuple[QueueEntry, ...]:
        """Everything in the queue, in its order."""
        with self._lock:
            return tuple(self._entries.values())

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Be told after every change; returns what ends that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed) if changed in self._listeners else None

    def add(
        self,
        places: Sequence[Path],
        output: Path,
        settings: StylizeSettings,
        *,
        suffix: str = SAME,
        skip_existing: bool = False,
        with_receipt: bool = True,
        quality: int = 92,
    ) -> tuple[QueueEntry, ...]:
        """Put every picture of `places` (folders recursively, or files) into the queue, painted into `output`.

        With `skip_existing` pictures whose painting is there already enter as skipped.
        Raises: WrongUse for no picture, a bad format or settings, SaveError when the journal cannot be written.
        """
        if not settings.mix:
            raise WrongUse("Choose a style first.")
        check_fields(settings)
        shaping = {name: getattr(settings, name) for name in _SETTINGS}
        added = []
        for item in plan_batch(places, output, suffix=suffix):
            request = StylizeFileRequest(
                **shaping, source=item.source, target=item.target, with_receipt=with_receipt, quality=quality
            )
            state: EntryState = "skipped" if skip_existing and item.target.exists() else "waiting"
            added.append(QueueEntry(uuid4().hex, request, state))
        with self._lock:
            self._entries.update({entry.id: entry for entry in added})
            self._append([_line(entry) for entry in added])
        self._tell()
        return tuple(added)

    def take(self) -> QueueEntry | None:
        """The first waiting entry, now running; None when there is nothing to do."""
        with self._lock:
            entry = next((e for e in self._entries.values() if e.state == "waiting"), None)
        return self.mark(entry.id, "running") if entry is not None else None

    def mark(self, identity: str, state: EntryState, error: str = "") -> QueueEntry | None:
        """Say what became of an entry; None when it was taken out meanwhile."""
        with self._lock:
            if identity not in self._entries:
                return None
            entry = self._entries[identity] = replace(self._entries[identity], state=state, error=error)
            self._append([{"id": identity, "state": state, "error": error}])
        self._tell()
        return entry

    def retry(self, identities: Iterable[str] = ()) -> None:
        """Let failed (or the named) entries wait again."""
        wanted = set(identities)
        with self._lock:
            again = [e.id for e in self._entries.values() if e.id in wanted or (not wanted and e.state == "failed")]
            for identity in again:
                self._entries[identity] = replace(self._entries[identity], state="waiting", error="")
            self._append([{"id": identity, "state": "waiting", "error": ""} for identity in again])
        self._tell()

    def remove(self, identities: Iterable[str]) -> None:
        """Take entries out of the queue; no file is touched."""
        gone = [identity for identity in identities if identity in self._entries]
        with self._lock:
            for identity in gone:
                del self._entries[identity]
            self._append([{"id": identity, "state": "removed"} for identity in gone])
        self._tell()

    def clear_ended(self) -> None:
        """Take out what is done, skipped or failed."""
        self.remove([e.id for e in self.entries() if e.state in ("done", "skipped", "failed")])

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _append(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        except OSError as error:
            log.warning("the queue cannot be written to %s: %s", self._path, error)

    def _load(self) -> None:
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                raise OSError("far too large")
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("the queue %s was not read: %s", self._path, error)
            return
        lines = text.splitlines()
        for line in lines:
            try:
                self._replay(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                log.info("a line of the queue was passed over: %s", error)
        for entry in tuple(self._entries.values()):
            if entry.state == "running":
                # Paintings appear whole or not at all: one that is there was finished, only not crossed off.
                self._entries[entry.id] = replace(entry, state="done" if entry.target.exists() else "waiting")
        if len(lines) > len(self._entries):
            self._compact()

    def _replay(self, data: Any) -> None:
        identity, state = str(data["id"]), data["state"]
        if "source" in data:
            self._entries[identity] = _entry(data)
        elif state == "removed":
            self._entries.pop(identity, None)
        elif identity in self._entries and state in _STATES:
            entry = self._entries[identity]
            self._entries[identity] = replace(entry, state=state, error=str(data.get("error", ""))[:1000])

    def _compact(self) -> None:
        """One line an entry again. A disk that refuses leaves the long journal, which says the same."""
        text = "".join(json.dumps(_line(entry), ensure_ascii=False) + "\n" for entry in self._entries.values())
        try:
            write_text(self._path, text)
        except Exception as error:
            log.info("the queue was not shortened: %s", error)


def _line(entry: QueueEntry) -> dict[str, Any]:
    request = asdict(entry.request)
    return {
        **request,
        "mix": [[style, weight] for style, weight in entry.request.mix],
        "source": str(entry.request.source),
        "target": str(entry.request.target),
        "id": entry.id,
        "state": entry.state,
        "error": entry.error,
    }


def _entry(data: dict[str, Any]) -> QueueEntry:
    """An entry from a journal's line, checked as anything from outside. Raises ValueError, TypeError, KeyError."""
    if data["state"] not in _STATES:
        raise ValueError("state")
    mix = tuple((str(style), float(weight)) for style, weight in data["mix"])
    request = StylizeFileRequest(
        mix=mix,
        strength=float(data["strength"]),
        keep_colors=bool(data["keep_colors"]),
        stroke_size=float(data["stroke_size"]),
        size=int(data["size"]),
        painter="live" if data["painter"] == "live" else "quality",
        device=str(data["device"])[:40],
        memory_mb=int(data["memory_mb"]),
        source=Path(str(data["source"])),
        target=Path(str(data["target"])),
        overwrite=bool(data.get("overwrite", False)),
        allow_large=bool(data.get("allow_large", False)),
        with_receipt=bool(data.get("with_receipt", True)),
        quality=max(1, min(100, int(data.get("quality", 92)))),
    )
    try:
        check_fields(request)
    except WrongUse as error:
        raise ValueError(str(error)) from error
    return QueueEntry(str(data["id"]), request, data["state"], str(data.get("error", ""))[:1000])
