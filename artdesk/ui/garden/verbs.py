"""What a person does in the garden: the one place where the page's wishes meet the keeper and the desk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QInputDialog, QMenu

from artdesk.core.errors import ArtDeskError
from artdesk.core.requests import DirectionsRequest
from artdesk.ui.desk.drops import is_model
from artdesk.ui.garden.keeper import MOST_CROSSED
from artdesk.ui.garden.outward import GardenTraffic
from artdesk.ui.garden.pictures import Made
from artdesk.ui.garden.words import name_of
from artdesk.ui.i18n import say_note, tr
from artdesk.workers.jobs import Job

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow
    from artdesk.ui.garden.gate import GardenGate
    from artdesk.ui.garden.page import GardenPage

_DIRECTIONS_PRIORITY = -1  # nobody waits for it with empty hands; before the small pictures


class GardenVerbs(QObject):
    """Carries out what the page says. Errors go where all of the desk's errors are told."""

    def __init__(self, window: MainWindow, gate: GardenGate, page: GardenPage) -> None:
        super().__init__(page)
        self._window, self._gate, self._page = window, gate, page
        self._keeper, self._pictures = page.keeper, page.pictures
        self.traffic = GardenTraffic(window, self)
        self._looking: Job | None = None
        self._directions: dict[tuple[str, str], tuple[tuple[float, ...], str]] = {}
        window.services.jobs.job_ended.connect(self._on_ended)
        self._pictures.idle.connect(self._look_for_directions)
        self._pictures.wanted.connect(self._put_off_looking)
        self._connect()

    def _connect(self) -> None:
        page, keeper, traffic = self._page, self._keeper, self.traffic
        page.sow.sow_wished.connect(self.sow)
        page.sow.die_thrown.connect(self.sow_anew)
        page.sow.model_chosen.connect(self._gate.change_model)
        for view in (page.grid, page.strip):
            view.descended.connect(self.descend)
            view.star_toggled.connect(self._toggle_favourite)
        page.grid.lock_toggled.connect(self._toggle_lock)
        page.grid.cross_toggled.connect(self._toggle_crossing)
        page.menu_wished.connect(self.show_menu)
        page.tree.page_chosen.connect(self._go_to)
        page.sides.idClicked.connect(self._set_side)
        page.cross.left_out.connect(self._toggle_crossing)
        page.cross.cross_wished.connect(self.cross)
        page.steer.keep_wished.connect(self.keep_steered)
        page.steer.named.connect(self._name_direction)
        page.steer.spread_wished.connect(self._spread)
        page.strip.page_wished.connect(self._show_favourites)
        page.strip.walk_wished.connect(self._gate.open_walk)
        page.copy_wished.connect(self._on_copy)
        page.paste_wished.connect(self.paste)
        page.plant_wished.connect(self.plant_document)
        page.files_dropped.connect(self.take_dropped)
        page.image_dropped.connect(self.take_image)
        chosen = page.chosen
        chosen.renamed.connect(self._rename_chosen)
        for signal, verb in (
            (chosen.descend_wished, self.descend),
            (chosen.star_toggled, self._toggle_favourite),
            (chosen.lock_toggled, self._toggle_lock),
            (chosen.cross_toggled, self._toggle_crossing),
            (chosen.layer_wished, self.to_layer),
            (chosen.document_wished, self.to_document),
            (chosen.style_wished, self.to_style),
            (chosen.finish_wished, self.finish),
        ):
            signal.connect(partial(self._with_chosen, verb))
        traffic.planted.connect(self._on_planted)
        traffic.sent.connect(self._gate.leave)
        keeper.replaced.connect(self._on_replaced)

    # --- growing -----------------------------------------------------------------------------------------------

    def sow(self, seed: int) -> None:
        """A page from this seed."""
        if self._keeper.model is not None:
            self._attempt(partial(self._keeper.sow, seed))

    def sow_anew(self) -> None:
        """A page from a seed nobody has thought of."""
        self.sow(self._keeper.draw_seed())

    def descend(self, node: int) -> None:
        """A page of descendants; what is steered just now is kept first and descends as it is seen."""
        if self._keeper.model is None:
            return
        if node == self._keeper.chosen and self._page.steer.steers():
            self.keep_steered()
            node = self._keeper.chosen if self._keeper.chosen is not None else node
        self._attempt(partial(self._keeper.descend, node))

    def cross(self) -> None:
        """A page of children of what is chosen for crossing."""
        if self._keeper.model is not None:
            self._attempt(self._keeper.cross)

    def keep_steered(self) -> None:
        """Put what is steered on the page."""
        node, steers = self._keeper.chosen, self._page.steer.steers()
        if node is not None and steers and self._keeper.model is not None:
            self._attempt(partial(self._keeper.steer, node, steers))

    def _spread(self, direction: int) -> None:
        node = self._keeper.chosen
        if node is not None and self._keeper.model is not None:
            self._attempt(partial(self._keeper.spread, node, direction))

    def _show_favourites(self) -> None:
        self._attempt(self._keeper.show_favourites)

    def _set_side(self, side: int) -> None:
        self._attempt(partial(self._keeper.set_side, side))

    def _go_to(self, page: int) -> None:
        self._attempt(partial(self._keeper.go_to, page))

    # --- marks -------------------------------------------------------------------------------------------------

    def _toggle_favourite(self, node: int) -> None:
        self._attempt(partial(self._keeper.toggle_favourite, node))

    def _toggle_lock(self, node: int) -> None:
        self._attempt(partial(self._keeper.toggle_lock, node))

    def _toggle_crossing(self, node: int) -> None:
        known = self._keeper.crossing
        if node not in known and len(known) >= MOST_CROSSED:
            self._window.messages.say(tr("At most {most} can be crossed at once.", most=MOST_CROSSED), "note")
            return
        self._keeper.toggle_crossing(node)

    def _rename_chosen(self, name: str) -> None:
        node = self._keeper.chosen
        if node is not None:
            self._attempt(partial(self._keeper.rename, node, name))

    def rename(self, node: int) -> None:
        """Ask for a name."""
        garden = self._keeper.garden
        if garden is None:
            return
        name, agreed = QInputDialog.getText(
            self._window, tr("Name the picture"), tr("Name"), text=garden.nodes[node].name
        )
        if agreed:
            self._attempt(partial(self._keeper.rename, node, name))

    def _name_direction(self, direction: int, name: str) -> None:
        self._attempt(partial(self._keeper.name_direction, direction, name))

    # --- out and in --------------------------------------------------------------------------------------------

    def to_layer(self, node: int) -> None:
        """Onto the desk as a layer."""
        self._with_made(node, self.traffic.to_layer)

    def to_document(self, node: int) -> None:
        """Onto the desk as a picture of its own."""
        self._with_made(node, self.traffic.to_document)

    def to_style(self, node: int) -> None:
        """Into the gallery."""
        self._with_made(node, self.traffic.to_style)

    def finish(self, node: int) -> None:
        """Enlarge and paint it."""
        self._with_made(node, self.traffic.finish)

    def copy(self, node: int) -> None:
        """To the clipboard."""
        self._with_made(node, lambda made, name: self.traffic.copy(made))

    def paste(self) -> None:
        """Plant a picture from the clipboard."""
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self._window.messages.say(tr("There is no picture on the clipboard."), "note")
        else:
            self.take_image(image)

    def plant_document(self) -> None:
        """Plant what is on the desk."""
        self._gate.with_encoder(self.traffic.plant_document)

    def take_image(self, image: object) -> None:
        """A picture that was dragged or pasted here is planted."""
        if isinstance(image, QImage) and not image.isNull():
            self._gate.with_encoder(partial(self.traffic.plant_qimage, QImage(image)))

    def take_dropped(self, paths: list[Path]) -> None:
        """A garden is opened, a model looked at, a picture planted."""
        first = paths[0]
        if self._gate.takes(first):
            self._gate.open_path(first)
        elif is_model(first):
            self._window.verbs.open_model(first)
        else:
            self._gate.with_encoder(partial(self.traffic.plant_file, first))

    def _on_planted(self, model_id: str, point: str, name: str) -> None:
        garden = self._keeper.garden
        if garden is not None and garden.model_id == model_id:
            self._attempt(partial(self._keeper.plant, point, name))

    def _on_copy(self) -> None:
        self._with_chosen(self.copy)

    # --- menu --------------------------------------------------------------------------------------------------

    def show_menu(self, node: int, place: QPoint) -> None:
        """Everything that can be done with a candidate."""
        garden = self._keeper.garden
        if garden is None:
            return
        known, menu = garden.nodes[node], QMenu(self._page)
        verbs: dict[QAction, Callable[[int], None]] = {}

        def add(text: str, verb: Callable[[int], None], *, on: bool = True) -> None:
            action = menu.addAction(text)
            action.setEnabled(on)
            verbs[action] = verb

        alive, there = self._keeper.model is not None, self._pictures.made(node) is not None
        add(tr("Descendants") + "\t" + tr("Enter"), self.descend, on=alive)
        add(tr("A closer look") + "\tV", self._page.look_at)
        crossing = tr("Do not cross") if node in self._keeper.crossing else tr("Choose for crossing")
        add(crossing + "\tX", self._toggle_crossing)
        menu.addSeparator()
        star = tr("Take out of the favourites") if known.favourite else tr("Favourite")
        add(star + "\t" + tr("Space"), self._toggle_favourite)
        add((tr("Unlock") if known.locked else tr("Keep on the page")) + "\tL", self._toggle_lock)
        add(tr("Name…"), self.rename)
        menu.addSeparator()
        add(tr("As a layer"), self.to_layer, on=there)
        add(tr("As a picture of its own"), self.to_document, on=there)
        add(tr("As a style"), self.to_style, on=there)
        add(tr("Enlarge and paint…"), self.finish, on=there)
        menu.addSeparator()
        add(tr("Copy") + "\tCtrl+C", self.copy, on=there)
        if known.kind == "seed":
            add(tr("Copy the seed"), self._copy_seed)
        chosen = menu.exec(place)
        verb = verbs.get(chosen) if chosen is not None else None
        menu.deleteLater()
        if verb is not None:
            verb(node)

    def _copy_seed(self, node: int) -> None:
        if self._keeper.garden is not None:
            QGuiApplication.clipboard().setText(str(self._keeper.garden.nodes[node].seed))

    # --- directions --------------------------------------------------------------------------------------------

    def _on_replaced(self) -> None:
        self._put_off_looking()
        self._page.steer.show_directions((), tr("The directions are looked for when the first page stands."))
        self._show_directions()

    def _look_for_directions(self) -> None:
        """The page stands: find out where one can steer, once for each model."""
        model = self._keeper.model
        if model is None or self._looking is not None or (model.id, model.sha256) in self._directions:
            return
        device = self._window.services.settings.value.device
        self._page.steer.show_directions((), tr("The directions are looked for …"))
        self._looking = self._window.services.jobs.submit(
            DirectionsRequest(model.id, device),
            label=tr("Looking for directions"),
            replaces="garden:directions",
            priority=_DIRECTIONS_PRIORITY,
        )

    def _put_off_looking(self) -> None:
        """A page is wanted: directions are looked for when it stands."""
        looking, self._looking = self._looking, None
        if looking is not None:
            self._window.services.jobs.cancel(looking)

    def _on_ended(self, job: Job) -> None:
        if job is not self._looking:
            return
        self._looking = None
        model = self._keeper.model
        if model is None:
            return
        if job.state == "finished":
            notes = " ".join(say_note(note) for note in job.result.notes)
            words = notes if notes or job.result.shares else tr("This model has no directions that could be found.")
            self._directions[(model.id, model.sha256)] = (tuple(job.result.shares), words)
        elif job.state == "failed" and job.error is not None:
            self._directions[(model.id, model.sha256)] = ((), tr("The directions could not be found."))
            self._window.tell_failure(job.error)
        self._show_directions()

    def _show_directions(self) -> None:
        model = self._keeper.model
        known = self._directions.get((model.id, model.sha256)) if model is not None else None
        if known is not None:
            self._page.steer.show_directions(*known)
            garden = self._keeper.garden
            self._page.steer.show_names(dict(garden.direction_names) if garden is not None else {})

    # --- helpers -----------------------------------------------------------------------------------------------

    def _attempt(self, verb: Callable[[], None]) -> None:
        try:
            verb()
        except ArtDeskError as error:
            self._window.tell_failure(error)

    def _with_chosen(self, verb: Callable[[int], None], *_: object) -> None:
        if self._keeper.chosen is not None:
            verb(self._keeper.chosen)

    def _with_made(self, node: int, verb: Callable[[Made, str], None]) -> None:
        made, garden = self._pictures.made(node), self._keeper.garden
        if garden is None:
            return
        if node == self._keeper.chosen and self._page.steer.steers():
            made = self._pictures.trial  # what is seen is what is sent
        if made is None:
            self._window.messages.say(tr("This picture is still growing."), "note")
        else:
            verb(made, name_of(garden.nodes[node]))
