"""The painter's contract: state and hold, receptive radius, any size; the stylist and the features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from artdesk.foundry import checkpoints, export
from artdesk.foundry.nets import CODE_SIZE, Features, Painter, Stylist


@pytest.fixture
def painter() -> Painter:
    torch.manual_seed(0)
    net = Painter(8, 1, 8)
    with torch.no_grad():
        net.modulate.weight.normal_(0, 0.1)
    return net.eval()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 79), (70, 101)])
def test_any_size_comes_back(painter: Painter, height: int, width: int) -> None:
    image = torch.rand(1, 3, height, width)
    painted, state = painter(image, torch.randn(1, CODE_SIZE), torch.zeros(1, painter.state_size), torch.zeros(()))
    assert painted.shape == image.shape
    assert state.shape == (1, painter.state_size)
    assert 0 <= float(painted.detach().min()) <= float(painted.detach().max()) <= 1


@torch.no_grad()
def test_its_own_state_gives_the_same_painting(painter: Painter) -> None:
    image, code = torch.rand(1, 3, 76, 84), torch.randn(1, CODE_SIZE)
    plain, state = painter(image, code, torch.zeros(1, painter.state_size), torch.zeros(()))
    held, again = painter(image, code, state, torch.ones(()))
    assert float((plain - held).abs().max()) < 1 / 255
    assert torch.allclose(again, state)


@torch.no_grad()
def test_hold_blends_the_state(painter: Painter) -> None:
    image, code = torch.rand(1, 3, 64, 64), torch.randn(1, CODE_SIZE)
    other = painter(torch.rand(1, 3, 64, 64) * 0.3, code, torch.zeros(1, painter.state_size), torch.zeros(()))[1]
    own = painter(image, code, other, torch.zeros(()))[1]
    half = painter(image, code, other, torch.tensor(0.5))[1]
    n = 8  # the first layer sees the same features whatever is held
    assert torch.allclose(half[:, : 2 * n], (own[:, : 2 * n] + other[:, : 2 * n]) / 2, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("left", [0, 60])
def test_a_tile_is_exact_beyond_the_receptive_radius(painter: Painter, left: int) -> None:
    r = painter.receptive_radius
    assert r % 4 == 0
    image, code = torch.rand(1, 3, 96, 240), torch.randn(1, CODE_SIZE)
    state = painter(image, code, torch.zeros(1, painter.state_size), torch.zeros(()))[1]
    whole = painter(image, code, state, torch.ones(()))[0]
    tile = painter(image[:, :, :, left : left + 140], code, state, torch.ones(()))[0]
    inner = slice(left + (r if left else 0), left + 140 - r)
    assert torch.allclose(tile[:, :, :, inner.start - left : inner.stop - left], whole[:, :, :, inner], atol=1e-5)


def test_exported_painter_equals_torch_and_loads_back(painter: Painter, tmp_path: Path) -> None:
    path = tmp_path / "painter.onnx"
    assert export.export_painter(painter, path) <= export.TOLERANCE
    again = Painter(8, 1, 8)
    checkpoints.load_onnx_weights(again, path)
    for a, b in zip(painter.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(ValueError):
        checkpoints.load_onnx_weights(Painter(12, 1, 8), path)


def test_a_wrong_export_is_noticed(painter: Painter, tmp_path: Path) -> None:
    path = tmp_path / "painter.onnx"
    export.export_painter(painter, path)
    with torch.no_grad():
        painter.out.conv.bias += 0.1
    with pytest.raises(export.ExportError):
        export._check(path, painter, [export.painter_inputs(painter, 64, 64)])


def test_stylist_and_features_export(tmp_path: Path) -> None:
    torch.manual_seed(1)
    features = Features((4, 4, 4, 4))
    assert export.export_features(features, tmp_path / "features.onnx") <= export.TOLERANCE
    stylist = Stylist(features, hidden=8)
    assert export.export_stylist(stylist, tmp_path / "stylist.onnx") <= export.TOLERANCE
    assert stylist(torch.rand(1, 3, 256, 256)).shape == (1, CODE_SIZE)


def test_shipped_painters_keep_their_size(tmp_path: Path) -> None:
    from artdesk.foundry.nets import live_painter, quality_painter

    for net, limit in ((quality_painter(), 4e6), (live_painter(), 2e6), (Stylist(Features()), 6e6)):
        assert 4 * sum(p.numel() for p in net.parameters()) < limit


def test_code_space_names_the_identity_code() -> None:
    a, b = np.zeros(4, np.float32), np.ones(4, np.float32)
    assert export.code_space_of(a) == export.code_space_of(a.copy()) != export.code_space_of(b)
