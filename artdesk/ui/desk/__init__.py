"""The desk itself: the main window, its gallery and panels, its bars and dialogs.

Panels emit facts; `MainWindow` alone connects them. File work runs in `background`, networks in the job runner.
"""
