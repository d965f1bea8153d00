"""Qt's own words (Yes, Cancel, the file dialog) in Chinese: its translation, and the few words missing from it."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QTranslator

_MISSING = {
    "Look in:": "查找范围：",
    "Files of type:": "文件类型：",
    "File name:": "文件名：",
    "Folder": "文件夹",
    "File Folder": "文件夹",
    "Directory:": "文件夹：",
    "My Computer": "此电脑",
    "Computer": "此电脑",
    "All Files (*)": "所有文件 (*)",
    "Create New Folder": "新建文件夹",
    "Parent Directory": "上一级文件夹",
    "List View": "列表",
    "Detail View": "详细信息",
    "Back": "后退",
    "Forward": "前进",
}


class QtWords(QTranslator):
    """Qt's Simplified Chinese, completed. A person who chose Chinese should not meet English in a dialog."""

    def load_chinese(self) -> bool:
        """Read Qt's own file; without it the completed words still hold."""
        return self.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        known = super().translate(context, source, disambiguation, n)
        # None, not "": an empty string would be shown as one.
        return known or (_MISSING.get(source.replace("&", "")) if context.startswith("Q") else None)
