"""Saving a training and taking it up again, from its own file or from nothing but the exported networks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from torch import nn

from artdesk.foundry.trainer import StyleTrainer


def save(trainer: StyleTrainer, path: Path) -> None:
    """Write everything needed to go on; the old file stays whole until the new one is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    torch.save(
        {
            "nets": trainer.nets.state_dict(),
            "average": trainer.average.state_dict(),
            "adam": trainer.adam.state_dict(),
            "muon": trainer.muon.state_dict() if trainer.muon else None,
            "steps": trainer.steps,
            "seconds": trainer.seconds,
            "weights": trainer.weights,
            "seen_style": trainer.seen_style,
            "seen_content": trainer.seen_content,
            "styles": [p.stem for p in trainer.styles],
        },
        temporary,
    )
    os.replace(temporary, path)


def resume(trainer: StyleTrainer, path: Path, optimiser: bool = True) -> None:
    """Go on from ``path``; a file with code in it is refused (``weights_only``)."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    if kept["styles"] != [p.stem for p in trainer.styles]:
        raise ValueError("The checkpoint was made with other styles.")
    trainer.nets.load_state_dict(kept["nets"])
    trainer.average.load_state_dict(kept["average"])
    if optimiser:
        trainer.adam.load_state_dict(kept["adam"])
        if trainer.muon and kept["muon"]:
            trainer.muon.load_state_dict(kept["muon"])
    for name in ("steps", "seconds", "weights", "seen_style", "seen_content"):
        setattr(trainer, name, kept[name])
    trainer.look_at_styles()


def load_onnx_weights(net: nn.Module, path: Path) -> None:
    """Fill a network from an exported file, whose initialisers carry the names of torch."""
    import onnx
    from onnx import numpy_helper

    found = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    state = net.state_dict()
    missing = [name for name in state if name not in found]
    if missing:
        raise ValueError(f"{path.name} lacks {missing[0]}")
    for name, value in state.items():
        array = np.array(found[name], np.float32)
        if array.shape != tuple(value.shape):
            raise ValueError(f"{name} has another shape in {path.name}")
        state[name] = torch.from_numpy(array)
    net.load_state_dict(state)
