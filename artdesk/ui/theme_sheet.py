"""The style sheet of the desk. `@name` stands for a colour of `theme.Colours`, `@icons` for the folder of icons.

Widgets ask for a role with a property: `kind="primary"` (the one main button), `kind="flat"` (no frame),
`kind="title"`/`"dim"`/`"failure"`/`"warning"` on labels, `kind="panel"` on frames.
"""

from __future__ import annotations

SHEET = """
QWidget { font-size: 13px; }
QMainWindow, QDialog { background: @window; }
QToolTip { background: @raised; color: @text; border: 1px solid @line; padding: 4px 6px; }

QMenuBar { background: @window; border: none; padding: 2px 6px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @panel; border: 1px solid @line; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 26px; border-radius: 4px; }
QMenu::item:selected { background: @accent; color: @accent_text; }
QMenu::item:disabled { color: @faint; background: transparent; }
QMenu::separator { height: 1px; background: @line; margin: 5px 8px; }
QMenu::icon { padding-left: 4px; }

QToolBar { background: @window; border: none; border-bottom: 1px solid @line; spacing: 2px; padding: 3px 6px; }
QToolBar::separator { background: @line; width: 1px; margin: 5px 6px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @raised; }
QToolButton:checked { background: @raised; border-color: @accent; }
QToolButton:focus { border-color: @accent; }
QToolButton[popupMode="1"] { padding-right: 14px; }
QToolButton::menu-button { border: none; width: 13px; }

QPushButton { background: @raised; border: 1px solid @line; border-radius: 5px; padding: 5px 14px; min-height: 18px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @field; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @faint; background: @panel; }
QPushButton:checked { border-color: @accent; }
QPushButton[kind="primary"] { background: @accent; color: @accent_text; border-color: @accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { border-color: @text; }
QPushButton[kind="primary"]:disabled { background: @panel; color: @faint; border-color: @line; }
QPushButton[kind="flat"] { background: transparent; border-color: transparent; padding: 4px 8px; }
QPushButton[kind="flat"]:hover { background: @hover; }
QPushButton[kind="flat"]:focus { border-color: @accent; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QTextBrowser {
  background: @field; border: 1px solid @line; border-radius: 5px; padding: 4px 6px;
  selection-background-color: @accent; selection-color: @accent_text; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border-color: @accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: @faint; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0 4px; background: transparent; }
QSpinBox, QDoubleSpinBox { padding-right: 18px; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right;
  width: 18px; border: none; background: transparent; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right;
  width: 18px; border: none; background: transparent; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(@icons/sheet-up-@name.svg); width: 11px; height: 11px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(@icons/sheet-down-@name.svg); width: 11px; height: 11px; }
QComboBox { padding-right: 22px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(@icons/sheet-down-@name.svg); width: 13px; height: 13px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @line; selection-background-color: @accent;
  selection-color: @accent_text; outline: none; }

QCheckBox, QRadioButton { spacing: 7px; padding: 2px; }
QCheckBox:focus, QRadioButton:focus { color: @accent; }
QCheckBox::indicator, QGroupBox::indicator { width: 14px; height: 14px; border: 1px solid @faint; border-radius: 4px;
  background: @field; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(@icons/sheet-check-@name.svg); }
QCheckBox::indicator:disabled { border-color: @line; }
QRadioButton::indicator { width: 13px; height: 13px; border: 1px solid @faint; border-radius: 7px; background: @field; }
QRadioButton::indicator:checked { background: @accent; border-color: @accent; }

QSlider::groove:horizontal { height: 4px; background: @line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: @text;
  border: 1px solid @panel; }
QSlider::handle:horizontal:focus { border: 2px solid @accent; }
QSlider::sub-page:horizontal:disabled { background: @faint; }
QSlider::handle:horizontal:disabled { background: @faint; }

QProgressBar { background: @field; border: 1px solid @line; border-radius: 4px; text-align: center; height: 14px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }

QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: @window; padding: 6px 10px; border-bottom: 1px solid @line; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QSplitter::handle { background: @line; }
QSplitter::handle:hover { background: @accent; }

QTabWidget::pane { border: none; border-top: 1px solid @line; }
QTabBar::tab { background: transparent; color: @dim; padding: 7px 12px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:focus { color: @accent; }

QListView, QTreeView, QTableView, QListWidget, QTableWidget, QTreeWidget {
  background: @field; border: 1px solid @line; border-radius: 5px; outline: none;
  alternate-background-color: @panel; gridline-color: @line; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected { background: @accent;
  color: @accent_text; }
QHeaderView::section { background: @panel; color: @dim; border: none; border-bottom: 1px solid @line;
  padding: 5px 8px; }
QTableCornerButton::section { background: @panel; border: none; }

QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: @hover; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 30px; }
QScrollBar::handle:horizontal { min-width: 30px; }
QScrollBar::handle:hover { background: @faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { border: none; background: transparent; }
QAbstractScrollArea::corner { background: transparent; }

QGroupBox { border: 1px solid @line; border-radius: 6px; margin-top: 9px; padding: 10px 8px 8px 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 10px; padding: 0 4px; color: @dim; }

QStatusBar { background: @window; border-top: 1px solid @line; min-height: 34px; }
QStatusBar::item { border: none; }

QLabel[kind="title"] { font-size: 17px; font-weight: 600; }
QLabel[kind="heading"] { font-weight: 600; }
QLabel[kind="dim"] { color: @dim; }
QLabel[kind="failure"] { color: @failure; }
QLabel[kind="warning"] { color: @warning; }
QLabel[kind="good"] { color: @good; }
QFrame[kind="panel"] { background: @panel; }
QFrame[kind="bar"] { background: transparent; border: none; }
QFrame[kind="rule"] { background: @line; max-height: 1px; border: none; }
QFrame[kind="message"] { background: @panel; border: 1px solid @line; border-left: 4px solid @accent;
  border-radius: 5px; }
QFrame[kind="message"][level="failure"] { border-left-color: @failure; }
QFrame[kind="message"][level="warning"] { border-left-color: @warning; }
QFrame[kind="message"][level="good"] { border-left-color: @good; }
"""
