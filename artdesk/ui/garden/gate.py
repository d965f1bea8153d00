"""The desk's way into the garden: its page is built when somebody first wants it, and gives the room back when left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from artdesk.core.garden import Garden, GardenModel
from artdesk.ui.desk.drops import is_garden
from artdesk.ui.i18n import pick, say_note, tr

if TYPE_CHECKING:
    from artdesk.ui.desk.files import OpenFile
    from artdesk.ui.desk.main_window import MainWindow
    from artdesk.ui.garden.care import GardenCare
    from artdesk.ui.garden.keeper import GardenKeeper
    from artdesk.ui.garden.page import GardenPage
    from artdesk.ui.garden.store import GardenStore
    from artdesk.ui.garden.verbs import GardenVerbs


_DESK_ALONE = ("edit.paste", "style.search", "view.gallery")
"""Actions that can always be used on the desk, and would only confuse in the garden."""


@dataclass
class _Built:
    """The garden's parts, once there are any."""

    keeper: GardenKeeper
    page: GardenPage
    store: GardenStore
    care: GardenCare
    verbs: GardenVerbs


class GardenGate(QObject):
    """The object of the action group “garden”: shows the page, opens and saves gardens, asks before one is lost."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._built: _Built | None = None
        self._showing = False
        self._look_made = False  # what was kept back is looked for once
        self._looked = False  # … and that has been answered
        self._loaded = False
        window.services.news.changed.connect(self._on_library)
        window.services.jobs.prepared.connect(self._on_library)
        window.files.opened.connect(self._on_file)

    @property
    def shown(self) -> bool:
        """Whether the garden is in front; the desk's own verbs rest then."""
        return self._showing

    @property
    def page(self) -> GardenPage | None:
        """The page, if it was ever shown."""
        return self._built.page if self._built is not None else None

    @property
    def keeper(self) -> GardenKeeper | None:
        return self._built.keeper if self._built is not None else None

    @staticmethod
    def takes(path: Path) -> bool:
        """Whether the file calls itself a garden."""
        return is_garden(path)

    # --- showing -----------------------------------------------------------------------------------------------

    def set_shown(self, on: bool) -> None:
        """Show the garden's page, or go back to the desk."""
        if on == self._showing:
            return
        window = self._window
        if not on:
            document = window.document
            window.stack.setCurrentWidget(window.workspace.center if document is not None else window.empty)
            return  # what follows is done by _on_stack, as for every other way of leaving
        page = self._need().page
        self._showing = True
        for part in (*window.painting_bars, *window.painting_docks, window.side):
            part.setVisible(False)
        window.stack.setCurrentWidget(page)
        window.messages.raise_()
        window.binder.set_checked("garden.show", True)
        self._let_desk_act(False)
        page.grid.setFocus()
        self._look_for_models()
        page.refresh()

    def leave(self) -> None:
        """Back to the desk; the garden stays as it is."""
        self.set_shown(False)

    def _on_stack(self, index: int) -> None:
        """Another page has come to the front: a file was opened, or the person went back."""
        from artdesk.ui.desk.layout import show_painting  # which has the gate among its parts

        window = self._window
        if not self._showing or self._built is None or window.stack.currentWidget() is self._built.page:
            return
        self._showing = False
        if self._built.page.pictures.making:
            self._built.page.pictures.stop()
        window.binder.set_checked("garden.show", False)
        show_painting(window, window.document is not None)
        window.side.setVisible(window.binder.actions["view.gallery"].isChecked())
        self._let_desk_act(True)
        if window.document is not None:
            window.canvas.setFocus()

    def _let_desk_act(self, on: bool) -> None:
        """What would change the canvas or the gallery unseen rests while the garden is in front."""
        self._window.refresh_actions()
        for action_id in _DESK_ALONE:
            self._window.binder.actions[action_id].setEnabled(on)

    def _need(self) -> _Built:
        if self._built is None:
            from artdesk.ui.garden.care import GardenCare
            from artdesk.ui.garden.keeper import GardenKeeper
            from artdesk.ui.garden.page import GardenPage
            from artdesk.ui.garden.pictures import GardenPictures
            from artdesk.ui.garden.store import GardenStore
            from artdesk.ui.garden.verbs import GardenVerbs

            window = self._window
            keeper = GardenKeeper(self)
            pictures = GardenPictures(window.services, self)
            page = GardenPage(keeper, pictures)
            store = GardenStore(window.services.data / "garden", window.background, self)
            window.stack.addWidget(page)
            window.stack.currentChanged.connect(self._on_stack)
            care = GardenCare(window, keeper, store, self)
            self._built = _Built(keeper, page, store, care, GardenVerbs(window, self, page))
            for teller in (pictures.failed, store.failed):
                teller.connect(window.tell_failure)
            pictures.noted.connect(window.tell_note)
            pictures.ran.connect(self._on_ran)
            store.opened.connect(self._on_opened)
            page.left.connect(self.leave)
            page.open_wished.connect(self.open_garden)
            page.save_wished.connect(self.save_garden)
            page.save_as_wished.connect(self.save_garden_as)
            page.new_wished.connect(self.new_garden)
            page.import_wished.connect(window.verbs.import_model)
        return self._built

    def _on_file(self, file: OpenFile) -> None:
        """A picture that was generated carries what it grew from: offer to go on with it."""
        receipt = file.receipt
        if receipt is None or receipt.ability != "generate" or file.source is None:
            return
        from artdesk.core.garden_file import garden_in

        garden = garden_in(receipt)
        if garden is not None:
            self._window.messages.say(
                tr("This picture grew in ArtDesk. Go on from it in the garden?"),
                "note",
                [(tr("Open the garden"), partial(self.open_value, garden))],
            )

    def _on_ran(self, device: str, seconds: float) -> None:
        known = next((known.title for known in self._window.services.devices() if known.id == device), device)
        self._window.bar.show_ran(tr(known), seconds)

    # --- models ------------------------------------------------------------------------------------------------

    def models(self) -> Sequence[GardenModel]:
        """The models that make pictures of their own."""
        return self._window.services.garden_models()

    def model(self, model_id: str) -> GardenModel | None:
        return next((model for model in self.models() if model.id == model_id), None)

    def _on_library(self, failure: object = None) -> None:
        if self._built is not None:
            self._look_for_models()
        elif not self._loaded:
            self._loaded = True
            self._window.background.run(_load, what="load the garden's parts", priority=-1)

    def _look_for_models(self) -> None:
        """Show what the library has; the first time bring back what was kept, or begin with the first model."""
        built, models = self._built, self.models()
        if built is None:
            return
        services = self._window.services
        read = bool(models) or bool(services.models()) or bool(services.styles())
        garden = built.keeper.garden
        if garden is not None:
            built.keeper.know_model(self.model(garden.model_id))
        built.page.show_models(models, read=read)
        if read and not self._look_made:
            self._look_made = True
            built.store.look_for_kept()
        elif garden is None and models and self._looked:
            self._begin(models[0])

    def _begin(self, model: GardenModel, *, sow: bool = True) -> None:
        built = self._need()
        for note in model.notes:
            self._window.tell_note(say_note(note))
        built.keeper.begin(model)
        built.page.show_models(self.models(), read=True)
        if sow:
            built.verbs.sow_anew()

    def welcome(self, model_id: str) -> bool:
        """Say that an imported model makes pictures of its own; False for one that does something else."""
        model = self.model(model_id)
        if model is None:
            return False
        self._window.messages.say(
            tr("“{name}” grows pictures in the garden now.", name=pick(model.title) or model_id),
            "good",
            [(tr("Begin with it"), partial(self._show_model, model_id))],
        )
        return True

    def _show_model(self, model_id: str) -> None:
        self._look_made = self._looked = True
        self.set_shown(True)
        self.change_model(model_id)

    def change_model(self, model_id: str) -> None:
        """A garden belongs to one model: another one begins a new garden, after asking."""
        built, model = self._need(), self.model(model_id)
        garden = built.keeper.garden
        if garden is not None and garden.model_id == model_id:
            return
        if model is not None and self.may_leave():
            self._begin(model)
        else:
            built.page.show_models(self.models(), read=True)  # the chooser shows what is in force

    def with_encoder(self, verb: Callable[[str], None]) -> None:
        """Call `verb` with the model to plant a picture in; asks where a new garden has to be begun for it."""
        built = self._need()
        model = built.keeper.model
        if model is not None and model.encodes:
            verb(model.id)
            return
        able = next((known for known in self.models() if known.encodes), None)
        if able is None:
            self._window.messages.say(tr("None of the models here can take in a picture."), "note")
            return
        self._window.messages.say(
            tr("This model cannot take in a picture. “{name}” can: begin a new garden with it?", name=pick(able.title)),
            "note",
            [(tr("New garden"), partial(self._plant_elsewhere, able, verb))],
        )

    def _plant_elsewhere(self, model: GardenModel, verb: Callable[[str], None]) -> None:
        if self.may_leave():
            self._begin(model, sow=False)
            verb(model.id)

    # --- verbs of the menu -------------------------------------------------------------------------------------

    def new_garden(self) -> None:
        """Begin an empty garden with the same model."""
        built = self._need()
        self.set_shown(True)
        models = self.models()
        model = built.keeper.model or (models[0] if models else None)
        if model is not None and self.may_leave():
            self._begin(model, sow=False)

    def open_garden(self) -> None:
        """Choose a garden and open it."""
        self._need().care.open_garden()

    def open_path(self, path: Path) -> None:
        """Open a garden that was chosen or dropped."""
        self._need().care.open_path(path)

    def open_value(self, garden: Garden) -> None:
        """Go on with a garden that came without a file: the recipe a generated picture carries."""
        if self.may_leave():
            self.take(garden, None)

    def save_garden(self) -> None:
        """Save the garden where it lies; the first time ask where."""
        self._need().care.save_garden()

    def save_garden_as(self) -> None:
        """Ask where and save the garden."""
        self._need().care.save_garden_as()

    def sow_anew(self) -> None:
        """A page from a new seed."""
        verbs = self._need().verbs
        self.set_shown(True)
        verbs.sow_anew()

    def plant_picture(self) -> None:
        """Plant what is on the desk."""
        verbs = self._need().verbs
        self.set_shown(True)
        verbs.plant_document()

    def open_walk(self) -> None:
        """A film between the favourites."""
        from artdesk.ui.garden.walk_dialog import WalkDialog

        built, window = self._need(), self._window
        self.set_shown(True)
        garden = built.keeper.garden
        favourites = garden.favourites() if garden is not None else ()
        if garden is None or len(favourites) < 2 or built.keeper.model is None:
            window.messages.say(tr("A walk leads between favourites: mark two or more with the star first."), "note")
            return
        folder = built.keeper.path.parent if built.keeper.path is not None else Path.home()
        dialog = WalkDialog(
            window.services,
            garden,
            favourites,
            built.page.pictures,
            folder / (tr("walk") + ".mp4"),
            window,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # --- leaving and taking over -------------------------------------------------------------------------------

    def may_leave(self) -> bool:
        """Whether the garden may be left for another: saved, given up by the person, or nothing would be lost."""
        return self._built is None or self._built.care.may_leave()

    def close(self) -> None:
        """The desk closes: give back its room and end what is being made."""
        self.leave()
        if self._built is not None:
            self._built.page.pictures.stop()

    def state(self) -> dict[str, Any] | None:
        """What a window that takes over needs to go on with this garden."""
        if self._built is None:
            return None
        keeper = self._built.keeper
        return {"keeper": keeper.state(), "shown": self._showing, "looked": self._looked}

    def take_over(self, state: dict[str, Any] | None) -> None:
        """Go on with the garden of the window before."""
        if state is None:
            return
        built = self._need()
        self._look_made = self._looked = bool(state["looked"])
        built.keeper.take_state(state["keeper"])
        built.page.show_models(self.models(), read=True)
        if state["shown"]:
            self.set_shown(True)

    def _on_opened(self, garden: Garden | None, path: Path | None) -> None:
        self._looked = True
        if garden is not None:
            self.take(garden, path)
            if path is None:
                self._window.messages.say(tr("The garden you did not save is here again."), "note")
            return
        built, models = self._need(), self.models()
        if built.keeper.garden is None and models:
            self._begin(models[0])

    def take(self, garden: Garden, path: Path | None) -> None:
        """Put a garden in the place of the one in hand, and show it."""
        from artdesk.core.garden_file import model_note

        self._look_made = self._looked = True
        built = self._need()
        models = {model.id: model for model in self.models()}
        built.keeper.open(garden, models.get(garden.model_id), path)
        self.set_shown(True)
        built.page.show_models(self.models(), read=True)
        note = model_note(garden, models)
        if note is not None:
            built.page.pictures.note(say_note(note))


def _load() -> None:
    """Read the garden's modules where nobody waits for them: when it is wanted, only its widgets have to be made."""
    import artdesk.ui.garden.care
    import artdesk.ui.garden.page
    import artdesk.ui.garden.store
    import artdesk.ui.garden.verbs  # noqa: F401
