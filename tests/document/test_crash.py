"""A few kills in the middle of painting and saving; `python -m tests.document.crash_proof` does many."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.document.crash_proof import INTERVAL, run_once


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_costs_no_more_than_the_last_interval(tmp_path: Path, seed: int) -> None:
    outcome = run_once(tmp_path, random.Random(seed), 1.2)
    # The interval, one save still being written, and a machine that may be busy with other things.
    assert outcome.missing_seconds < INTERVAL + 5.0
