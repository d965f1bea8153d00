"""The batch queue: folders in, a style, a folder out; what is done, what failed and why. Survives a restart."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from artdesk.core.pictures import OPEN_SUFFIXES
from artdesk.core.requests import StylizeSettings
from artdesk.ui.desk.batch import BatchRunner
from artdesk.ui.desk.dialog import DeskDialog, set_kind
from artdesk.ui.desk.drops import dropped_paths
from artdesk.ui.i18n import say, tr
from artdesk.ui.services import SettingsStore

_STATES = {
    "waiting": "waiting",
    "running": "painting …",
    "done": "done",
    "failed": "failed",
    "skipped": "there already",
}
_FORMATS = (("As the original", "same"), ("PNG", ".png"), ("JPEG", ".jpg"), ("WebP", ".webp"), ("TIFF", ".tif"))
_MOST_ROWS = 2000


class BatchDialog(DeskDialog):
    """Fills and watches the queue. It may be closed while the queue works on."""

    def __init__(
        self,
        runner: BatchRunner,
        settings: SettingsStore,
        look: StylizeSettings,
        style_name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("Batch queue"), parent, width=760)
        self._runner = runner
        self._settings = settings
        self._look = look
        self.setAcceptDrops(True)
        self.heading = self.add_text("", "dim")
        if look.mix:
            self.heading.setText(tr("New pictures are painted in “{style}”, as set on the desk.", style=style_name))
        else:
            self.heading.setText(tr("Choose a style on the desk first; then add pictures here."))
            set_kind(self.heading, "warning")
        self._build_adding()
        self._build_table()
        self._build_running()
        self.add_button(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        self.resize(820, 560)
        runner.changed.connect(self._show)
        runner.running_changed.connect(self._on_running)
        runner.progressed.connect(self._on_progress)
        runner.failed.connect(self._on_failed)
        self._on_running(runner.running)
        self._show()

    def _build_adding(self) -> None:
        row = QHBoxLayout()
        self.out = QLineEdit(str(Path.home() / "ArtDesk"))
        self.out.setAccessibleName(tr("Folder for the paintings"))
        choose = QPushButton(tr("Choose…"))
        choose.clicked.connect(self._choose_out)
        row.addWidget(QLabel(tr("Into")))
        row.addWidget(self.out, 1)
        row.addWidget(choose)
        self.format = QComboBox()
        for title, key in _FORMATS:
            self.format.addItem(tr(title), key)
        self.format.setAccessibleName(tr("Format"))
        row.addWidget(self.format)
        self.column.addLayout(row)
        second = QHBoxLayout()
        self.folder = QPushButton(tr("Add a folder…"))
        self.folder.clicked.connect(self._add_folder)
        self.files = QPushButton(tr("Add pictures…"))
        self.files.clicked.connect(self._add_files)
        self.skip = QCheckBox(tr("Skip what is there already"))
        self.skip.setChecked(True)
        for button in (self.folder, self.files):
            button.setEnabled(bool(self._look.mix))
            second.addWidget(button)
        second.addWidget(self.skip)
        second.addStretch(1)
        self.column.addLayout(second)

    def _build_table(self) -> None:
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels([tr("Original"), tr("Painting"), tr("State")])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setAlternatingRowColors(True)
        self.table.setAccessibleName(tr("Batch queue"))
        header = self.table.horizontalHeader()
        for column, mode in enumerate((QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.Stretch)):
            header.setSectionResizeMode(column, mode)
        header.resizeSection(2, 150)
        self.column.addWidget(self.table, 1)

    def _build_running(self) -> None:
        row = QHBoxLayout()
        self.start = QPushButton(tr("Start"))
        self.start.setProperty("kind", "primary")
        self.start.clicked.connect(self._start_or_stop)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(10)
        self.words = QLabel()
        self.words.setProperty("kind", "dim")
        self.again = QPushButton(tr("Try failed again"))
        self.again.clicked.connect(self._runner.retry)
        self.remove = QPushButton(tr("Remove"))
        self.remove.clicked.connect(self._remove)
        self.clear = QPushButton(tr("Clear ended"))
        self.clear.clicked.connect(self._runner.clear_ended)
        row.addWidget(self.start)
        row.addWidget(self.progress, 1)
        row.addWidget(self.words)
        for button in (self.again, self.remove, self.clear):
            row.addWidget(button)
        self.column.addLayout(row)
        self.failures = self.add_text("", "failure")
        self.failures.hide()

    def _show(self) -> None:
        entries = self._runner.entries
        shown = entries[:_MOST_ROWS]
        self.table.setRowCount(len(shown))
        for row, entry in enumerate(shown):
            state = tr(_STATES.get(entry.state, entry.state))
            for column, text in enumerate((str(entry.source), str(entry.target), state)):
                item = self.table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.table.setItem(row, column, item)
                if item.text() != text:
                    item.setText(text)
                item.setToolTip(entry.error if column == 2 and entry.error else text)
                item.setData(Qt.ItemDataRole.UserRole, entry.id)
        counts = {state: sum(entry.state == state for entry in entries) for state in _STATES}
        ended = counts["done"] + counts["failed"] + counts["skipped"]
        self.words.setText(tr("{done} of {all}", done=ended, all=len(entries)))
        self.progress.setValue(round(1000 * ended / len(entries)) if entries else 0)
        self.start.setEnabled(self._runner.running or counts["waiting"] > 0)
        self.again.setEnabled(counts["failed"] > 0)
        self.clear.setEnabled(ended > 0)
        self.remove.setEnabled(bool(entries))
        broken = [entry for entry in entries if entry.state == "failed"]
        self.failures.setText("\n".join(f"{entry.source.name}: {entry.error}" for entry in broken[:3]))
        self.failures.setVisible(bool(broken))

    def _on_progress(self, entry_id: str, fraction: float) -> None:
        entries = self._runner.entries
        if entries:
            ended = sum(entry.state in ("done", "failed", "skipped") for entry in entries)
            self.progress.setValue(round(1000 * (ended + fraction) / len(entries)))

    def _on_running(self, running: bool) -> None:
        self.start.setText(tr("Stop") if running else tr("Start"))

    def _on_failed(self, error: Exception) -> None:
        self.failures.setText(say(error))
        self.failures.show()

    def _start_or_stop(self) -> None:
        if self._runner.running:
            self._runner.stop()
        else:
            self._runner.start()

    def _remove(self) -> None:
        rows = {index.row() for index in self.table.selectedIndexes()}
        items = [self.table.item(row, 0) for row in sorted(rows)]
        self._runner.remove([str(item.data(Qt.ItemDataRole.UserRole)) for item in items if item is not None])

    def _choose_out(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder for the paintings"), self.out.text())
        if chosen:
            self.out.setText(chosen)

    def _add_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Add a folder"))
        if chosen:
            self._add([Path(chosen)])

    def _add_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in OPEN_SUFFIXES)
        chosen, _ = QFileDialog.getOpenFileNames(self, tr("Add pictures"), "", f"{tr('Pictures')} ({patterns})")
        if chosen:
            self._add([Path(path) for path in chosen])

    def _add(self, places: list[Path]) -> None:
        if not self._look.mix:
            return
        self.failures.hide()
        self._runner.add(
            places,
            Path(self.out.text().strip() or ".").expanduser(),
            self._look,
            suffix=str(self.format.currentData()),
            skip_existing=self.skip.isChecked(),
            with_receipt=self._settings.value.write_receipts,
            quality=self._settings.value.quality,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._look.mix and dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._add(dropped_paths(event.mimeData()))
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.deleteLater()
        super().closeEvent(event)
