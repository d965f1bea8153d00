"""The card of a foreign latent model, as `engine.families.latent_card` reads it."""

from __future__ import annotations

from artdesk.engine.foreign.cards import card_line, first_lines, order_name, range_name
from artdesk.engine.foreign.facts import FileFacts, Measured
from artdesk.engine.foreign.latent_facts import LatentFacts


def latent_card_text(
    *, identity: str, title: str, facts: FileFacts, measured: Measured, sha256: str, mapping_sha256: str = ""
) -> str:
    """card.toml of an imported latent model; with `mapping_sha256` mapping.onnx stands beside it."""
    port, latent = measured.image, measured.latent
    assert latent is not None
    height, width = port.fixed or (0, 0)
    lines = [
        '# What ArtDesk measured. Correct what is wrong: order RGB, BGR or L (grey), range "0..1", "0..255" or',
        '# "-1..1", prior "normal" or "uniform". Measured for sure: ' + (", ".join(port.sure) or "nothing"),
        *first_lines(identity, measured.family, "model.onnx", sha256, title),
        "[image]",
        card_line("layout", "NCHW" if port.layout in ("nchw", "chw") else "NHWC"),
        card_line("order", order_name(port)),
        card_line("range", range_name(port.scale)),
        card_line("mean", list(port.scale.mean)),
        card_line("std", list(port.scale.std)),
        card_line("width", width),
        card_line("height", height),
        "",
        "[latent]",
        *_latent_lines(latent),
    ]
    if mapping_sha256:
        lines += [card_line("mapping", "mapping.onnx"), card_line("mapping_sha256", mapping_sha256)]
    lines += [
        "",
        "[foreign]",
        card_line("source", facts.name),
        card_line("source_sha256", facts.sha256),
        card_line("producer", facts.producer),
        card_line("opset", facts.opset),
    ]
    return "\n".join(lines) + "\n"


def _latent_lines(latent: LatentFacts) -> list[str]:
    lines = [
        card_line("z_size", latent.z_size),
        card_line("z_shape", list(latent.z_shape)),
        card_line("w_shape", list(latent.w_shape)),
        card_line("prior", "normal"),
        card_line("interpolation", "lerp" if latent.mapped else "slerp"),
        card_line("truncation", 0.7 if latent.mapped or latent.psi_name else 1.0),
        card_line("z_input", latent.z_name),
        card_line("w_input", latent.w_name),
        card_line("output", latent.output_name),
        card_line("dtype", latent.dtype),
        card_line("batched", latent.batched),
    ]
    if latent.mapped:
        lines.append(card_line("w_output", latent.w_output))
    if latent.label_name:
        lines += [
            card_line("labels", latent.labels),
            card_line("label_input", latent.label_name),
            card_line("label_kind", latent.label_kind),
            card_line("label_shape", list(latent.label_shape)),
            card_line("label_dtype", latent.label_dtype),
            card_line("label_at", latent.label_at),
        ]
    if latent.psi_name:
        lines += [
            card_line("psi_input", latent.psi_name),
            card_line("psi_shape", list(latent.psi_shape)),
            card_line("psi_at", latent.psi_at),
        ]
    return lines
