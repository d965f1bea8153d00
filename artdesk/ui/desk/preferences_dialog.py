"""Preferences: language, look, devices with their measured speed, memory, safety."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.requests import MeasureDevicesRequest
from artdesk.core.results import DevicesResult
from artdesk.ui.desk.dialog import DeskDialog, set_kind
from artdesk.ui.desk.stylize_panel import fill_devices
from artdesk.ui.i18n import LANGUAGES, language, say, system_language, tr
from artdesk.ui.services import DeskServices
from artdesk.workers.jobs import Job


class PreferencesDialog(DeskDialog):
    """Every change is in force at once; the language when the dialog is closed, and says so."""

    def __init__(self, services: DeskServices, parent: QWidget | None = None) -> None:
        super().__init__(tr("Preferences"), parent, width=640)
        self._services = services
        self._job: Job | None = None
        tabs = QTabWidget()
        tabs.addTab(self._look(), tr("Look"))
        tabs.addTab(self._devices(), tr("Devices"))
        tabs.addTab(self._safety(), tr("Memory and files"))
        self.column.addWidget(tabs)
        self.add_button(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole, primary=True)
        services.jobs.job_ended.connect(self._on_job_ended)
        services.jobs.job_progressed.connect(self._on_job_progressed)

    def _look(self) -> QWidget:
        settings = self._services.settings.value
        page, form = _form_page()
        self.language = QComboBox()
        self.language.addItem(tr("As the system speaks"), "auto")
        for key, title in LANGUAGES.items():
            self.language.addItem(title, key)
        self.language.setCurrentIndex(max(0, self.language.findData(settings.language)))
        self.language.currentIndexChanged.connect(self._on_language)
        self.language_hint = QLabel("In force when this window is closed.\n关闭此窗口后生效。")
        self.language_hint.setWordWrap(True)
        self.language_hint.setProperty("kind", "dim")
        self.language_hint.hide()
        self.theme = QComboBox()
        self.theme.addItem(tr("Dark"), "dark")
        self.theme.addItem(tr("Light"), "light")
        self.theme.setCurrentIndex(max(0, self.theme.findData(settings.theme)))
        self.theme.currentIndexChanged.connect(self._on_theme)
        form.addRow(tr("Language"), self.language)
        form.addRow("", self.language_hint)
        form.addRow(tr("Theme"), self.theme)
        return page

    def _devices(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(4, 14, 4, 4)
        column.setSpacing(10)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Paint on")))
        self.device = QComboBox()
        fill_devices(self.device, self._services, self._services.settings.value.device)
        self.device.currentIndexChanged.connect(self._on_device)
        row.addWidget(self.device, 1)
        self.measure = QPushButton(tr("Measure"))
        self.measure.setToolTip(tr("Paint a test picture on every device and remember the quickest for “Automatic”"))
        self.measure.clicked.connect(self._measure)
        row.addWidget(self.measure)
        column.addLayout(row)
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels([tr("Device"), tr("Usable"), tr("Measured")])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setWordWrap(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setMinimumHeight(210)
        column.addWidget(self.table, 1)
        self.measured = QLabel(tr("“Automatic” takes the quickest device that was measured."))
        self.measured.setWordWrap(True)
        self.measured.setProperty("kind", "dim")
        column.addWidget(self.measured)
        self._fill_table({})
        return page

    def _safety(self) -> QWidget:
        settings = self._services.settings.value
        page, form = _form_page()
        self.undo = _spin(64, 64_000, 64, " MB", settings.undo_mb)
        self.undo.valueChanged.connect(self._on_undo)
        self.memory = _spin(0, 1_000_000, 256, " MB", settings.memory_mb)
        self.memory.setSpecialValueText(tr("automatic"))
        self.memory.valueChanged.connect(self._on_memory)
        self.autosave = _spin(5, 3600, 5, " s", settings.autosave_seconds)
        self.autosave.valueChanged.connect(self._on_autosave)
        self.limit = _spin(1, 2000, 10, " MP", settings.limit_mp)
        self.limit.valueChanged.connect(self._on_limit)
        self.receipts = QCheckBox(tr("Write into exported files how they were painted"))
        self.receipts.setChecked(settings.write_receipts)
        self.receipts.toggled.connect(self._on_receipts)
        self.receipts.setToolTip(
            tr("Model, style and settings, and that a network helped (IPTC). Off: nothing is written.")
        )
        form.addRow(tr("Memory for undo"), self.undo)
        form.addRow(tr("Memory for painting"), self.memory)
        form.addRow(tr("Autosave every"), self.autosave)
        form.addRow(tr("Ask before pictures over"), self.limit)
        form.addRow("", self.receipts)
        return page

    def _fill_table(self, measured: dict[str, str]) -> None:
        devices = self._services.devices()
        self.table.setRowCount(len(devices))
        for row, device in enumerate(devices):
            usable = tr("yes") if device.available else tr("no: {reason}", reason=tr(device.reason))
            for column, text in enumerate((tr(device.title), usable, measured.get(device.id, "–"))):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self.table.resizeRowsToContents()

    def _measure(self) -> None:
        self.measure.setEnabled(False)
        set_kind(self.measured, "dim")
        self.measured.setText(tr("Measuring …"))
        self._job = self._services.jobs.submit(
            MeasureDevicesRequest(), label=tr("Measuring devices"), replaces="measure", priority=5
        )

    def _on_job_progressed(self, job: Job, fraction: float, message: str) -> None:
        if job is self._job:
            self.measured.setText(tr("Measuring … {percent:.0%}", percent=fraction))

    def _on_job_ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        self.measure.setEnabled(True)
        if job.state == "failed" and job.error is not None:
            set_kind(self.measured, "failure")
            self.measured.setText(say(job.error))
        elif job.state == "finished":
            self._show_measured(job.result)
        else:
            self.measured.setText(tr("Stopped."))

    def _show_measured(self, result: DevicesResult) -> None:
        texts: dict[str, list[str]] = {}
        for model, device, milliseconds, said in result.rows:
            words = f"{milliseconds:.0f} ms" if milliseconds is not None else tr(said)
            texts.setdefault(device, []).append(f"{model}: {words}")
        self._fill_table({device: "\n".join(lines) for device, lines in texts.items()})
        names = {device.id: tr(device.title) for device in self._services.devices()}
        chosen = ", ".join(f"{model}: {names.get(device, device)}" for model, device in result.chosen.items())
        self.measured.setText(tr("“Automatic” now takes {chosen}.", chosen=chosen) if chosen else "")

    def _on_language(self, row: int) -> None:
        self._services.settings.change(language=str(self.language.currentData()))
        wish = self._services.settings.value.language
        same = (system_language() if wish == "auto" else wish) == language()
        self.language_hint.setVisible(not same)

    def _on_theme(self, row: int) -> None:
        self._services.settings.change(theme=str(self.theme.currentData()))

    def _on_device(self, row: int) -> None:
        self._services.settings.change(device=str(self.device.currentData() or "auto"))

    def _on_undo(self, value: int) -> None:
        self._services.settings.change(undo_mb=value)

    def _on_memory(self, value: int) -> None:
        self._services.settings.change(memory_mb=value)

    def _on_autosave(self, value: int) -> None:
        self._services.settings.change(autosave_seconds=value)

    def _on_limit(self, value: int) -> None:
        self._services.settings.change(limit_mp=value)

    def _on_receipts(self, checked: bool) -> None:
        self._services.settings.change(write_receipts=checked)


def _form_page() -> tuple[QWidget, QFormLayout]:
    page = QWidget()
    form = QFormLayout(page)
    form.setContentsMargins(4, 16, 4, 4)
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(12)
    return page, form


def _spin(low: int, high: int, step: int, suffix: str, value: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setSingleStep(step)
    spin.setSuffix(suffix)
    spin.setValue(value)
    spin.setKeyboardTracking(False)
    spin.lineEdit().setTextMargins(4, 0, 0, 0)
    return spin
