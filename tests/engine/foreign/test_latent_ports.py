"""Telling latent models by what goes in; and what the child says of them, believed only when it can be true."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.engine.foreign.facts import BadFacts, Port, measured_from_plain, to_plain
from artdesk.engine.foreign.latent_facts import LatentFacts, latent_from_plain
from artdesk.engine.foreign.latent_ports import latent_ports
from artdesk.engine.foreign.measuring import measure
from artdesk.engine.foreign.refusals import Refused
from tests.engine import latent_makers as makers


def port(name: str, *dims: int | None, dtype: str = "float32") -> Port:
    return Port(name, dtype, dims)


@pytest.mark.parametrize(
    ("inputs", "z", "label", "psi"),
    [
        ([port("input", None, 100, 1, 1)], "input", "", ""),
        ([port("z", 1, 512)], "z", "", ""),
        ([port("ws", None, 14, 512)], "ws", "", ""),
        ([port("z", None, 512), port("c", None, 10), port("psi")], "z", "c", "psi"),
        ([port("label", None, 1000), port("noise", None, 128)], "noise", "label", ""),
        ([port("class_onehot", None, 3), port("latent", None, 64)], "latent", "class_onehot", ""),
        ([port("z", None, 100), port("y", None, dtype="int64")], "z", "y", ""),
        ([port("a", None, 100), port("b", None, 10), port("truncation", 1)], "a", "b", "truncation"),
        ([port("style", None, 512, dtype="float16")], "style", "", ""),
    ],
)
def test_rows_of_numbers_are_told_from_labels(inputs: list[Port], z: str, label: str, psi: str) -> None:
    found = latent_ports(inputs)
    assert found is not None
    named = [p.name if p is not None else "" for p in (found.z, found.label, found.psi)]
    assert named == [z, label, psi]


@pytest.mark.parametrize(
    "inputs",
    [
        [port("image", 1, 3, None, None)],
        [port("image", 3, 256, 256)],
        [port("image", 256, 256, 3)],
        [port("content", 1, 3, None, None), port("code", 1, 100)],
        [port("content", 1, 3, 256, 256), port("code", 1, 100, 1, 1)],
        [port("anything")],
        [port("tokens", 1, 77, dtype="int64")],
        [port("z", None, None)],
        [port("alpha", 1)],
    ],
)
def test_all_others_are_none(inputs: list[Port]) -> None:
    assert latent_ports(inputs) is None


@pytest.mark.parametrize(
    "inputs",
    [
        [port("z", 16, 512)],
        [port("z", None, 512), port("loudness", 1)],
        [port("z", None, 512), port("c", None, 10), port("more", None, 20)],
    ],
)
def test_what_cannot_be_given_is_refused(inputs: list[Port]) -> None:
    with pytest.raises(Refused):
        latent_ports(inputs)


def test_findings_survive_the_pipe() -> None:
    measured = measure(makers.labelled(), (port("z", None, makers.Z), port("label", None, 3)), 1).measured
    assert measured.latent is not None
    assert measured.latent.labels == 3
    assert measured_from_plain(to_plain(measured)) == measured
    plain = to_plain(measured)
    plain["latent"] = None
    with pytest.raises((BadFacts, ValueError, TypeError)):
        measured_from_plain(plain)


_FACTS: dict[str, Any] = to_plain(LatentFacts("z", (12,), "image", w_name="z", w_shape=(12,)))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(_FACTS)), _JSON, max_size=3))
@settings(deadline=None, max_examples=200)
def test_lies_are_not_believed(lies: dict[str, Any]) -> None:
    try:
        found = latent_from_plain({**_FACTS, **lies})
    except (ValueError, KeyError, TypeError):
        return
    assert 2 <= found.z_size <= 65536
    assert isinstance(found.mapped, bool)
    assert 0 <= found.labels <= 10_000
