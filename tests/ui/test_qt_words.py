"""Qt's dialogs speak Chinese whole, and nobody else's words are touched."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from artdesk.ui.qt_words import QtWords


def test_the_file_dialog_is_chinese(qtbot: QtBot) -> None:
    app = QCoreApplication.instance()
    assert app is not None
    words = QtWords()
    words.load_chinese()
    app.installTranslator(words)
    try:
        dialog = QFileDialog(None, "开")
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        qtbot.addWidget(dialog)
        labels = [label.text() for label in dialog.findChildren(QLabel) if label.text()]
        assert labels
        assert not [text for text in labels if text.isascii()]
        assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"
        assert QCoreApplication.translate("Somebody", "Folder") == "Folder"
        assert QCoreApplication.translate("QFileDialog", "No such words") == "No such words"
    finally:
        app.removeTranslator(words)
