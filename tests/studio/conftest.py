"""One scripted engine for the whole room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from artdesk.engine.engine import Engine
from tests.engine.scripted import open_engine


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """For tests that add nothing to the library."""
    made = open_engine(tmp_path_factory.mktemp("library"))
    yield made
    made.close()


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = open_engine(tmp_path_factory.mktemp("library"))
    yield made
    made.close()
