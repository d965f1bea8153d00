"""The pictures of a garden: made through the one job runner, handed over one by one, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from artdesk.core.garden import Garden, Node, Steers
from artdesk.core.garden import steer as steered
from artdesk.core.image import Image
from artdesk.core.receipt import Receipt
from artdesk.core.requests import GenerateRequest
from artdesk.core.results import GardenPicture
from artdesk.ui.i18n import say, say_note, tr
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.services import DeskServices
from artdesk.workers.jobs import Job

KEY = "garden"
PRIORITY = 6
SMALL_PRIORITY = -2  # behind everything a person waits for, before the gallery's thumbnails
SMALL = 112
_MOST_BYTES = 192 << 20
_MOST_SMALL = 4000  # about 150 MB
_AT_ONCE = 12
Recipe: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class Made:
    """A picture as it was made, with its receipt."""

    image: Image
    receipt: Receipt


def recipe_of(node: Node) -> Recipe:
    """What shapes a node's picture, and nothing else: equal recipes of one garden give equal pictures."""
    return (node.kind, node.seed, node.truncation, node.label, node.parents, node.strength, node.steers, node.point)


class GardenPictures(QObject):
    """Makes what a page shows (`want`) and, when nothing else is to be done, small pictures of the rest (`fill`)."""

    arrived = Signal(int)  # node
    tried = Signal(object)  # QImage: the node that is being steered, moved as the sliders say
    failed = Signal(object)
    noted = Signal(str)
    ran = Signal(str, float)  # device id, seconds: a page is there
    wanted = Signal()  # a page is about to be made: what is not urgent may step aside
    idle = Signal()

    def __init__(self, services: DeskServices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._garden: Garden | None = None
        self._made: OrderedDict[Recipe, Made] = OrderedDict()
        self._bytes = 0
        self._small: OrderedDict[Recipe, QImage] = OrderedDict()
        self._job: Job | None = None
        self._small_job: Job | None = None
        self._trial: Job | None = None
        self.trial: Made | None = None
        self._broken: dict[Recipe, str] = {}
        self._said: set[str] = set()
        services.jobs.job_handed.connect(self._on_handed)
        services.jobs.job_ended.connect(self._on_ended)

    def forget(self) -> None:
        """Another garden is in hand."""
        self.stop()
        self._garden = None
        self._made.clear()
        self._bytes = 0
        self._small.clear()
        self._broken.clear()
        self._said.clear()

    def stop(self) -> None:
        """Give up what is being made."""
        for job in (self._job, self._small_job, self._trial):
            if job is not None:
                self._services.jobs.cancel(job)
        self._job = self._small_job = self._trial = None

    # --- what is there -----------------------------------------------------------------------------------------

    def made(self, node: int) -> Made | None:
        """A node's picture in full."""
        recipe = self._recipe(node)
        found = self._made.get(recipe) if recipe is not None else None
        if found is not None and recipe is not None:
            self._made.move_to_end(recipe)
        return found

    def picture(self, node: int) -> QImage | None:
        """A node's picture to show: in full, or small until it has been made again."""
        found = self.made(node)
        return qimage_of(found.image) if found is not None else self.small(node)

    def small(self, node: int) -> QImage | None:
        """A node's picture at most `SMALL` pixels wide and high."""
        recipe = self._recipe(node)
        return self._small.get(recipe) if recipe is not None else None

    def problem(self, node: int) -> str:
        """Why a node has no picture, if it could not be made."""
        recipe = self._recipe(node)
        return self._broken.get(recipe, "") if recipe is not None else ""

    @property
    def making(self) -> bool:
        """Whether pictures of the page are being made."""
        return self._job is not None

    # --- making ------------------------------------------------------------------------------------------------

    def want(self, garden: Garden, nodes: Sequence[int], *, label: str = "", again: bool = False) -> None:
        """Make what is missing of these, in order. A newer wish takes the place of an older one.

        What could not be made is only tried once more with `again`.
        """
        self._garden = garden
        missing = tuple(
            node
            for node in dict.fromkeys(nodes)
            if recipe_of(garden.nodes[node]) not in self._made
            and (again or recipe_of(garden.nodes[node]) not in self._broken)
        )
        asked = self._job.request if self._job is not None else None
        if missing and not again and isinstance(asked, GenerateRequest) and set(missing) <= set(asked.nodes):
            return  # the job under way makes just what is wanted
        if not missing:
            if self._job is not None:
                self._services.jobs.cancel(self._job)
                self._job = None
            return
        if self._small_job is not None:
            self._services.jobs.cancel(self._small_job)
            self._small_job = None
        self.wanted.emit()
        self._job = self._services.jobs.submit(
            GenerateRequest(garden.model_id, garden, missing, self._services.settings.value.device),
            label=label or tr("Growing pictures"),
            replaces=f"{KEY}:page",
            priority=PRIORITY,
        )

    def fill(self, garden: Garden, nodes: Iterable[int]) -> None:
        """Make small pictures of these, a few at a time, while nobody waits for anything."""
        self._garden = garden
        if self._job is not None or self._small_job is not None:
            return
        missing = []
        for node in islice(nodes, _MOST_SMALL // 2):  # more would push each other out for ever
            recipe = recipe_of(garden.nodes[node])
            if recipe not in self._small and recipe not in self._broken and node not in missing:
                missing.append(node)
            if len(missing) >= _AT_ONCE:
                break
        if missing:
            self._small_job = self._services.jobs.submit(
                GenerateRequest(garden.model_id, garden, tuple(missing), self._services.settings.value.device),
                label=tr("Growing small pictures"),
                replaces=f"{KEY}:small",
                priority=SMALL_PRIORITY,
            )

    def try_steering(self, garden: Garden, node: int, steers: Steers) -> None:
        """Make a node as it would be after steering; says `tried`. A newer trial takes the place of an older one."""
        trial = steered(garden, node, steers)
        self.trial = None
        self._trial = self._services.jobs.submit(
            GenerateRequest(garden.model_id, trial, (len(trial.nodes) - 1,), self._services.settings.value.device),
            label=tr("Steering"),
            replaces=f"{KEY}:trial",
            priority=PRIORITY + 1,
        )

    def end_trial(self) -> None:
        """Nobody is steering any more."""
        self.trial = None
        if self._trial is not None:
            self._services.jobs.cancel(self._trial)
            self._trial = None

    # --- arriving ----------------------------------------------------------------------------------------------

    def _on_handed(self, job: Job, part: object) -> None:
        if not isinstance(part, GardenPicture):
            return
        if job is self._trial:
            self.trial = Made(part.image, part.receipt)
            self.tried.emit(qimage_of(part.image))
        elif job in (self._job, self._small_job) and isinstance(job.request, GenerateRequest):
            self._keep(recipe_of(job.request.garden.nodes[part.node]), Made(part.image, part.receipt))
            self.arrived.emit(part.node)

    def _keep(self, recipe: Recipe, made: Made) -> None:
        known = self._made.pop(recipe, None)
        self._bytes += made.image.nbytes - (known.image.nbytes if known is not None else 0)
        self._made[recipe] = made
        while self._bytes > _MOST_BYTES and len(self._made) > 1:
            _, oldest = self._made.popitem(last=False)
            self._bytes -= oldest.image.nbytes
        self._broken.pop(recipe, None)
        if recipe not in self._small:
            self._small[recipe] = qimage_of(made.image).scaled(
                QSize(SMALL, SMALL), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            while len(self._small) > _MOST_SMALL:
                self._small.popitem(last=False)

    def _on_ended(self, job: Job) -> None:
        if job is self._trial:
            self._trial = None
            self._tell(job)
        elif job in (self._job, self._small_job):
            page = job is self._job
            if page:
                self._job = None
            else:
                self._small_job = None
            if job.state == "failed" and job.error is not None and isinstance(job.request, GenerateRequest):
                self._mark_broken(job.request, say(job.error))
            if page:
                self._tell(job)
            if job.state in ("finished", "failed"):
                self.idle.emit()

    def _mark_broken(self, request: GenerateRequest, words: str) -> None:
        """None of what is missing is tried again by itself."""
        missing = [node for node in request.nodes if recipe_of(request.garden.nodes[node]) not in self._made]
        for node in missing:
            self._broken[recipe_of(request.garden.nodes[node])] = words
        for node in missing:
            self.arrived.emit(node)

    def _tell(self, job: Job) -> None:
        if job.state == "failed" and job.error is not None:
            self.failed.emit(job.error)
        elif job.state == "finished":
            self.ran.emit(job.result.device, job.seconds)
            for note in job.result.notes:
                self.note(say_note(note))

    def note(self, text: str) -> None:
        """Say something of this garden's pictures; once, however many pages it goes for."""
        if text not in self._said:
            self._said.add(text)
            self.noted.emit(text)

    def _recipe(self, node: int) -> Recipe | None:
        garden = self._garden
        return recipe_of(garden.nodes[node]) if garden is not None and 0 <= node < len(garden.nodes) else None
