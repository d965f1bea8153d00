"""Who hears of what: the one place where the panels' facts meet the verbs and the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow


def wire(window: MainWindow) -> None:
    """Connect the parts of the desk."""
    empty, gallery, verbs = window.empty, window.gallery, window.verbs
    empty.open_wished.connect(verbs.open_picture)
    empty.style_wished.connect(verbs.add_style)
    empty.model_wished.connect(verbs.import_model)
    empty.path_chosen.connect(verbs.open_path)
    empty.picture_dropped.connect(verbs.take_dropped)
    empty.image_dropped.connect(verbs.take_image)
    for signal in (empty.style_dropped, empty.model_dropped, gallery.files_dropped):
        signal.connect(verbs.take_styles)
    for signal in (empty.style_image_dropped, gallery.image_dropped):
        signal.connect(window.styles_desk.add_qimage)
    window.canvas.picture_dropped.connect(verbs.take_dropped)
    window.canvas.image_dropped.connect(verbs.take_image)
    gallery.style_chosen.connect(window.on_style_chosen)
    gallery.mix_wished.connect(window.on_mix_wished)
    gallery.add_wished.connect(verbs.add_style)
    gallery.delete_wished.connect(verbs.delete_style)
    window.panel.changed.connect(window.on_panel_changed)
    window.panel.settled.connect(window.on_panel_settled)
    window.panel.paint_wished.connect(window.paint_now)
    window.bar.stop_wished.connect(verbs.stop_jobs)
    window.files.began.connect(window.bar.say)
    window.files.ended.connect(window.on_file_ended)
    window.files.opened.connect(window.on_opened)
    window.files.layer_read.connect(window.take_layer)
    window.files.too_large.connect(verbs.ask_too_large)
    window.files.saved.connect(window.on_saved)
    window.files.exported.connect(window.on_exported)
    window.files.copied.connect(window.on_copied)
    for teller in (
        window.files.failed,
        window.painter.failed,
        window.styles_desk.failed,
        window.autosave.failed,
        window.recovery.failed,
    ):
        teller.connect(window.tell_failure)
    for teller in (window.files.noted, window.painter.noted, window.styles_desk.noted):
        teller.connect(window.tell_note)
    window.recovery.found.connect(verbs.ask_recovery)
    window.recovery.recovered.connect(window.files.take_recovered)
    window.workspace.session.failed.connect(window.tell_failure)
    window.workspace.session.told.connect(window.bar.say)
    window.canvas.zoom_changed.connect(window.say_position)
    window.painter.painted.connect(window.on_painted)
    window.styles_desk.made.connect(window.on_style_made)
    window.styles_desk.removed.connect(window.on_style_removed)
    window.services.news.changed.connect(window.on_library)
    window.services.settings.changed.connect(window.on_settings)
    window.services.jobs.prepared.connect(window.on_prepared)
