"""About: what this is, under which licence, whose work it stands on, and what each model was trained on."""

from __future__ import annotations

import html
import importlib.metadata

from PySide6.QtWidgets import QDialogButtonBox, QTabWidget, QTextBrowser, QWidget

from artdesk import __version__
from artdesk.ui.desk.dialog import DeskDialog
from artdesk.ui.i18n import pick, tr
from artdesk.ui.services import DeskServices

_PARTS = (
    ("PySide6-Essentials", "Qt for Python", "LGPL-3.0"),
    ("onnxruntime-gpu", "ONNX Runtime", "MIT"),
    ("onnxruntime", "ONNX Runtime", "MIT"),
    ("onnxruntime-directml", "ONNX Runtime (DirectML)", "MIT"),
    ("onnx", "ONNX", "Apache-2.0"),
    ("numpy", "NumPy", "BSD-3-Clause"),
    ("pillow", "Pillow", "MIT-CMU"),
    ("opencv-python-headless", "OpenCV", "Apache-2.0"),
    ("opencv-python", "OpenCV", "Apache-2.0"),
    ("av", "PyAV (FFmpeg)", "BSD-3-Clause, LGPL-2.1"),
    ("pyvips-binary", "libvips", "LGPL-2.1"),
    ("psd-tools", "psd-tools", "MIT"),
    ("typer", "Typer", "MIT"),
    ("rich", "Rich", "MIT"),
    ("platformdirs", "platformdirs", "MIT"),
    ("psutil", "psutil", "BSD-3-Clause"),
    ("defusedxml", "defusedxml", "PSF-2.0"),
    ("openvino", "OpenVINO", "Apache-2.0"),
)


class AboutDialog(DeskDialog):
    """Three pages: ArtDesk, its models, the work of others."""

    def __init__(self, services: DeskServices, parent: QWidget | None = None) -> None:
        super().__init__(tr("About ArtDesk"), parent, width=620)
        tabs = QTabWidget()
        tabs.setMinimumHeight(360)
        tabs.addTab(_page(_itself()), tr("ArtDesk"))
        tabs.addTab(_page(_models(services)), tr("Models"))
        tabs.addTab(_page(_others()), tr("Work of others"))
        self.column.addWidget(tabs)
        self.add_button(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole, primary=True)


def _page(text: str) -> QTextBrowser:
    page = QTextBrowser()
    page.setHtml(text)
    page.setOpenExternalLinks(False)
    return page


def _itself() -> str:
    words = (
        tr("An offline studio for people who make pictures."),
        tr("Everything is done on this machine. No picture, no style and no name ever leaves it."),
        tr("Licence: Apache-2.0. You may use, change and pass on ArtDesk; see LICENSE and NOTICE.md."),
        tr("Qt is used under the LGPL: its libraries lie as files of their own and may be replaced."),
    )
    return f"<h2>ArtDesk {html.escape(__version__)}</h2>" + "".join(f"<p>{html.escape(line)}</p>" for line in words)


def _models(services: DeskServices) -> str:
    rows = []
    for model in services.models():
        rows.append(
            f"<h4>{html.escape(pick(model.title) or model.id)} <small>({html.escape(model.family)})</small></h4>"
            f"<p>{html.escape(tr('Licence'))}: {html.escape(model.licence or tr('not stated'))}<br>"
            f"{html.escape(tr('Trained on'))}: {html.escape(model.trained_on or tr('not stated'))}</p>"
        )
    return "".join(rows) or f"<p>{html.escape(tr('No models are installed.'))}</p>"


def _others() -> str:
    rows = []
    for distribution, name, licence in _PARTS:
        try:
            version = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
        rows.append(f"<tr><td>{name}</td><td>&nbsp;{html.escape(version)}&nbsp;</td><td>{licence}</td></tr>")
    return f"<table cellpadding='4'>{''.join(rows)}</table>"
