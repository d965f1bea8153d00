"""A studio over scripted networks into which foreign models are taken without a child process, for speed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest

from artdesk.core.progress import Progress
from artdesk.core.requests import ImportModelRequest
from artdesk.core.results import ImportResult
from artdesk.engine.foreign.latent_ports import mapping_beside
from artdesk.engine.foreign.measuring import measure
from artdesk.engine.foreign.probe import Probe
from artdesk.engine.foreign.reading import read_model
from artdesk.studio import import_model as importing
from artdesk.studio.perform import Studio
from tests.engine.foreign.makers import save


def probe_here(path: Path, **_: Any) -> Probe:
    """As `probe_model`, in this process and on small pictures."""
    read = read_model(path)
    mapping = mapping_beside(path, read)
    beside = (mapping.model, mapping.facts.inputs) if mapping is not None else None
    found = measure(read.model, read.facts.inputs, 1, 64, beside)
    return Probe(read, found.measured, found.before, found.after, mapping)


def take_in(
    studio: Studio, model: onnx.ModelProto, folder: Path, identity: str, monkeypatch: pytest.MonkeyPatch, **wishes: Any
) -> ImportResult:
    """Import `model` under `identity`."""
    monkeypatch.setattr(importing, "probe_model", probe_here)
    path = save(model, folder / f"{identity}.onnx")
    result = studio.perform(ImportModelRequest(path, id=identity, **wishes), Progress())
    assert isinstance(result, ImportResult)
    return result
