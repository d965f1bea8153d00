"""The numbers over the picture, drawn into a pixmap a few times a second and only copied in between."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap

from artdesk.ui.i18n import tr
from artdesk.workers.meter import LiveNumbers

_PAD = 10
_ROW = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def lines_of(numbers: LiveNumbers) -> list[tuple[str, str]]:
    """(name, value) pairs in the person's language."""
    painters = {"live": tr("live painter"), "quality": tr("quality painter")}
    return [
        (tr("Frames per second"), f"{numbers.fps:.1f}"),
        (tr("Frame age"), f"{numbers.age_p50_ms:.0f} / {numbers.age_p95_ms:.0f} ms"),
        (tr("Drops"), str(numbers.dropped)),
        (tr("Flicker in → out"), f"{numbers.flicker_in:.2f} → {numbers.flicker_out:.2f}"),
        (tr("Device"), numbers.device.upper() or "–"),
        (
            tr("Painter"),
            f"{painters.get(numbers.painter, numbers.painter)}, {numbers.width} × {numbers.height}"
            if numbers.width
            else "–",
        ),
    ]


def numbers_pixmap(numbers: LiveNumbers, font: QFont, ratio: float) -> QPixmap:
    """A dark rounded plate with the numbers, for any picture behind it."""
    rows = lines_of(numbers)
    metrics = QFontMetrics(font)
    names = max(metrics.horizontalAdvance(name) for name, _ in rows)
    values = max(metrics.horizontalAdvance(value) for _, value in rows)
    step = metrics.height() + 3
    width, height = names + values + 3 * _PAD + 6, step * len(rows) + 2 * _PAD - 3
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 165))
    painter.drawRoundedRect(QRectF(0, 0, width, height), 7, 7)
    painter.setFont(font)
    for row, (name, value) in enumerate(rows):
        y = _PAD + row * step
        painter.setPen(QColor(190, 190, 190))
        painter.drawText(QRectF(_PAD, y, names, step), _ROW, name)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(QRectF(2 * _PAD + names, y, values + 6, step), _ROW, value)
    painter.end()
    return pixmap
