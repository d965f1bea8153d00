# mypy: disable-error-code="no-any-return"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""From checkpoints to model folders, and the figures into their cards."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from artdesk.foundry import export
from artdesk.foundry.garden_export import export_gan, export_vae
from artdesk.foundry.garden_gan import Pair
from artdesk.foundry.garden_joint import Joint
from artdesk.foundry.garden_report import Figures


def load_joint(path: Path) -> Joint:
    """The averaged auto-encoder and prior of a checkpoint; a file with code in it is refused."""
    joint = Joint()
    joint.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return joint.requires_grad_(False).eval()


SPREAD = 1.25
"""How much wider than the paintings' own the Gaussians are drawn: components lie too near to the mean, for what the
convolutions add to them varies less than paintings do. Measured: nearer to paintings, and more varied.
"""
CRITIC_SHARE = 0.3
"""How far the generator goes from the prior's weights to those the critic led to (Wang et al. 2019): all the way gives
softer pictures, farther from paintings by the kernel distance.
"""


def package_vae(prior: Path, out: Path, before: Sequence[Path] = (), spread: float = SPREAD) -> float:
    """Write ``painting_vae`` below ``out`` from the checkpoint of the joint training; ``before`` are those of the
    stages that led to it, whose time counts too. Returns the worst difference from torch. Raises ExportError.
    """
    joint = load_joint(prior)
    joint.prior.mapping.roots.mul_(spread)
    notes = (
        "auto-encoder on crops, own features as the loss; prior: a Gaussian of each class over the paintings' "
        f"principal components, {spread:g} times as wide, completed by convolutions trained with the decoder"
    )
    return export_vae(joint.ae, joint.prior, out / "painting_vae", _training(notes, prior, *before))


def package_gan(prior: Path, gan: Path, out: Path, share: float = CRITIC_SHARE, spread: float = SPREAD) -> float:
    """Write ``painting_gan`` below ``out`` from the generator's checkpoint, which must have started from an earlier
    or the same state of ``prior``; it is shown through that one's decoder. Returns the worst difference from torch.
    Raises ExportError.
    """
    joint, pair = load_joint(prior), Pair()
    pair.load_state_dict(torch.load(gan, map_location="cpu", weights_only=True)["average"])
    pair.requires_grad_(False)
    for ours, theirs in zip(pair.generator.parameters(), joint.prior.parameters(), strict=True):
        ours.lerp_(theirs, 1 - share)
    pair.generator.mapping.roots.mul_(spread)
    notes = (
        "started as the prior of painting_vae, trained against a critic of latents; weights taken "
        f"{share:.0%} of the way from that prior, drawn {spread:g} times as wide; the decoder is that of painting_vae"
    )
    return export_gan(pair.generator, joint.ae, out / "painting_gan", _training(notes, gan))


def _training(notes: str, *checkpoints: Path) -> dict[str, Any]:
    kept = [torch.load(p, map_location="cpu", weights_only=True) for p in checkpoints]
    minutes = round(sum(float(k["seconds"]) for k in kept) / 60, 1)
    where = f"{notes}; shared processor cores, minutes by the wall clock"
    return {"training": {"steps": sum(int(k["steps"]) for k in kept), "minutes": minutes, "notes": where}}


def ship_spaces(out: Path, names: list[str]) -> None:
    """Write each model's means and directions beside it, so that nobody who gets it waits for them."""
    import tempfile

    from artdesk.engine.engine import Engine
    from artdesk.engine.families.latent_space import ship_space
    from artdesk.engine.library import Library
    from artdesk.engine.session import Sessions

    with tempfile.TemporaryDirectory() as home:
        engine = Engine(Library([out], [Path(home)]), Sessions(), home=Path(home))
        try:
            for name in names:
                ship_space(engine, engine.library.model(name))
        finally:
            engine.close()


def note_figures(folder: Path, found: Figures, truncation: float) -> None:
    """Write what was measured into the card of a model."""
    card = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))
    counts = found.counts
    card["measured"] = {
        "kernel_distance": round(found.samples_to_held_out, 4),
        "kernel_distance_training": round(found.training_to_held_out, 4),
        "kernel_distance_photographs": round(found.photographs_to_held_out, 4),
        "diversity": round(found.diversity, 3),
        "nearest_ratio": round(found.nearest_ratio, 3),
        "over": f"{counts['samples']} samples, {counts['held_out']} held-out paintings, truncation {truncation:g}",
    }
    for key in ("id", "file", "sha256"):
        card.pop(key)
    export.write_card(folder, card)
