"""Intel's package is loaded without the part of it that talks to the internet."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

_TALK = """
import os, socket, sys
def refuse(*arguments, **named):
    raise AssertionError("somebody tried to leave this machine")
os.fork = socket.socket.connect = socket.create_connection = refuse
from artdesk.engine.openvino_runner import load
load().Core()
print([name for name, module in sys.modules.items() if "telemetry" in name and module is not None])
"""


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="the openvino extra is not installed")
def test_openvino_is_loaded_without_its_reports() -> None:
    done = subprocess.run([sys.executable, "-c", _TALK], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
