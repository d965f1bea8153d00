"""The engine and the studio as the desk and the command line use them: bundled and own models, own measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artdesk.core.paths import bundled, cache_dir, data_dir

if TYPE_CHECKING:
    from artdesk.engine.engine import Engine
    from artdesk.studio.perform import Studio


def make_engine() -> Engine:
    """An engine over the bundled and the person's models and styles. Nothing is loaded yet."""
    from artdesk.engine.engine import Engine
    from artdesk.engine.library import Library
    from artdesk.engine.session import Sessions

    library = Library(
        [bundled("models"), data_dir() / "models"],
        [bundled("resources", "styles"), data_dir() / "styles"],
    )
    return Engine(library, Sessions(), home=cache_dir())


def make_studio() -> Studio:
    """A studio with an engine of its own."""
    from artdesk.studio.perform import Studio

    return Studio(make_engine())
