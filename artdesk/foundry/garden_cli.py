"""The verbs of ``artdesk train garden``: the auto-encoder, the generator, their models, their report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artdesk.core.errors import WrongUse
from artdesk.core.paths import bundled

if TYPE_CHECKING:
    from artdesk.foundry.garden_run import Trainer
    from artdesk.foundry.nets import Features

app = typer.Typer(help="Train the networks that generate pictures (needs torch).", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option("--data", help="Folder with paintings*/, photos/ and MANIFEST.csv.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for checkpoints and sample sheets.")]
MinutesOption = Annotated[float | None, typer.Option(min=0.01, help="Training time.")]
StepsOption = Annotated[int | None, typer.Option(min=1, help="Training steps, in place of minutes.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")]
EveryOption = Annotated[float, typer.Option(help="Minutes between checkpoints and sample sheets.")]
ThreadsOption = Annotated[int, typer.Option(min=1, max=64, help="Processor threads.")]
VaeOption = Annotated[Path, typer.Option("--vae", help="Checkpoint (training.pt) of the auto-encoder.")]
PriorOption = Annotated[Path, typer.Option("--prior", help="Folder of the prior's training.")]
ModelsOption = Annotated[Path | None, typer.Option("--models", help="Folder of models; default those that ship.")]


def _torch(threads: int) -> None:
    try:
        import torch
    except ImportError as error:
        raise WrongUse("Training needs PyTorch, which is not installed: pip install torch.") from error
    torch.set_num_threads(threads)


def _start(data: Path, threads: int) -> None:
    _torch(threads)
    if not data.is_dir():
        raise WrongUse("The {what} folder “{name}” is not there.", what="data", name=str(data))


def _features(models: Path | None) -> Features:
    from artdesk.foundry.checkpoints import load_onnx_weights
    from artdesk.foundry.nets import Features

    net = Features()
    load_onnx_weights(net, (models or bundled("models")) / "features" / "model.onnx")
    return net


def _run(trainer: Trainer, out: Path, minutes: float | None, steps: int | None, every: float, resume: bool) -> None:
    from artdesk.foundry.garden_run import CHECKPOINT, Numbers, train

    if (minutes is None) == (steps is None):
        raise WrongUse("Say how long to train: either --minutes or --steps.")
    if resume:
        if not (out / CHECKPOINT).is_file():
            raise WrongUse("There is no checkpoint in “{name}” to go on from.", name=str(out))
        trainer.resume(out / CHECKPOINT)

    def say(step: int, progress: float, numbers: Numbers) -> None:
        typer.echo(f"{progress:4.0%}  step {step}  " + "  ".join(f"{k} {v:.3f}" for k, v in numbers.items()))

    train(trainer, out, minutes=minutes, steps=steps, every_minutes=every, report=say)
    typer.echo(f"{trainer.steps} steps, {trainer.seconds / 60:.1f} minutes: {out}")


def _readable(data: Path) -> None:
    from artdesk.foundry.data import find_pictures
    from artdesk.foundry.garden_data import PAINTINGS

    if not any(find_pictures(data / f) for f in PAINTINGS if (data / f).is_dir()):
        raise WrongUse("There are no paintings in “{name}”.", name=str(data))


@app.command("vae")
def train_vae(
    data: DataOption,
    out: OutOption,
    minutes: MinutesOption = None,
    steps: StepsOption = None,
    resume: ResumeOption = False,
    start: Annotated[Path | None, typer.Option("--from", help="Checkpoint of the stage before.")] = None,
    decoder: Annotated[bool, typer.Option("--decoder", help="Freeze the encoder and refine the decoder.")] = False,
    models: ModelsOption = None,
    every: EveryOption = 4.0,
    threads: ThreadsOption = 2,
) -> None:
    """Train the auto-encoder; afterwards, with --decoder, its decoder alone."""
    _start(data, threads)
    _readable(data)
    from artdesk.foundry.garden_data import PAINTINGS, open_album
    from artdesk.foundry.garden_latents import standardise
    from artdesk.foundry.garden_nets import AutoEncoder
    from artdesk.foundry.garden_vae import VaeTrainer

    paintings = open_album(data, PAINTINGS, False)
    photos = open_album(data, ("photos",), False, 2) if (data / "photos").is_dir() else None
    trainer = VaeTrainer(AutoEncoder(), _features(models), paintings, photos, frozen=decoder)
    if start is not None and not resume:
        trainer.follow(start)
        if decoder and float(trainer.ae.scale.std()) == 0:
            standardise(trainer.ae, paintings)
    _run(trainer, out, minutes, steps, every, resume)


@app.command("prior")
def train_prior(
    data: DataOption,
    vae: VaeOption,
    out: OutOption,
    minutes: MinutesOption = None,
    steps: StepsOption = None,
    resume: ResumeOption = False,
    models: ModelsOption = None,
    every: EveryOption = 4.0,
    threads: ThreadsOption = 2,
) -> None:
    """Train prior and decoder together; the latents of all paintings are kept in --out."""
    _start(data, threads)
    _readable(data)
    from artdesk.foundry.garden_data import PAINTINGS, open_album
    from artdesk.foundry.garden_gan import start_gaussian
    from artdesk.foundry.garden_joint import Joint, JointTrainer
    from artdesk.foundry.garden_latents import LATENTS, latents_of, load_auto_encoder

    joint = Joint(load_auto_encoder(vae))
    latents = latents_of(joint.ae, data, out / LATENTS)
    if not resume:
        start_gaussian([joint.prior], latents)
    paintings = open_album(data, PAINTINGS, False)
    _run(JointTrainer(joint, _features(models), paintings, latents), out, minutes, steps, every, resume)


@app.command("gan")
def train_gan(
    prior: PriorOption,
    out: OutOption,
    minutes: MinutesOption = None,
    steps: StepsOption = None,
    resume: ResumeOption = False,
    every: EveryOption = 4.0,
    threads: ThreadsOption = 2,
) -> None:
    """Train the generator against a critic, from the prior on, with the latents kept beside it."""
    _torch(threads)
    from artdesk.foundry.garden_gan import GanTrainer, Pair
    from artdesk.foundry.garden_latents import LATENTS, load_latents
    from artdesk.foundry.garden_package import load_joint
    from artdesk.foundry.garden_run import CHECKPOINT

    if not (prior / CHECKPOINT).is_file() or not (prior / LATENTS).is_file():
        raise WrongUse("There is no training of a prior in “{name}”.", name=str(prior))
    joint, pair = load_joint(prior / CHECKPOINT), Pair()
    pair.generator.load_state_dict(joint.prior.state_dict())
    _run(GanTrainer(pair, joint.ae, load_latents(prior / LATENTS)), out, minutes, steps, every, resume)


@app.command("export")
def export_garden(
    prior: PriorOption,
    out: Annotated[Path, typer.Option("--out", help="Folder of models to write to.")],
    gan: Annotated[Path | None, typer.Option("--gan", help="Folder of the generator's training.")] = None,
    before: Annotated[list[Path] | None, typer.Option("--before", help="Checkpoints of earlier stages.")] = None,
    threads: ThreadsOption = 2,
) -> None:
    """Write painting_vae and, with --gan, painting_gan; each file is checked against torch."""
    _torch(threads)
    from artdesk.foundry.garden_package import package_gan, package_vae, ship_spaces
    from artdesk.foundry.garden_run import CHECKPOINT

    for folder in (prior, *([gan] if gan else [])):
        if not (folder / CHECKPOINT).is_file():
            raise WrongUse("There is no checkpoint in “{name}”.", name=str(folder))
    worst = package_vae(prior / CHECKPOINT, out, before or [])
    if gan is not None:
        worst = max(worst, package_gan(prior / CHECKPOINT, gan / CHECKPOINT, out))
    ship_spaces(out, ["painting_vae", *(["painting_gan"] if gan is not None else [])])
    typer.echo(f"Exported to {out}; torch and ONNX Runtime differ by at most {worst:.1e}.")


@app.command("report")
def report_garden(
    model: Annotated[Path, typer.Argument(help="Folder of a latent model with a mapping.")],
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for report.md and the sheets.")],
    samples: Annotated[int, typer.Option(min=64, help="How many pictures are drawn.")] = 384,
    truncation: Annotated[float, typer.Option(min=0.0, max=2.0, help="As at the desk; 1 is the whole space.")] = 1.0,
    every: Annotated[int, typer.Option(min=1, help="Use one of so many training paintings.")] = 1,
    note: Annotated[bool, typer.Option("--note", help="Write the figures into the model's card.")] = False,
    models: ModelsOption = None,
    threads: ThreadsOption = 2,
) -> None:
    """Measure a latent model against paintings it has not seen, and write sheets to look at."""
    _start(data, threads)
    _readable(data)
    from artdesk.foundry.garden_measure import Describer, feature_network
    from artdesk.foundry.garden_package import note_figures
    from artdesk.foundry.garden_report import Model, write_report
    from artdesk.foundry.garden_sources import open_sources

    if not (model / "card.toml").is_file():
        raise WrongUse("There is no model in “{name}”.", name=str(model))
    sources = open_sources(data, every)
    features = feature_network((models or bundled("models")) / "features" / "model.onnx", threads)
    found = write_report(
        Model(model, threads), sources, Describer(features, sources.training), out, samples, truncation
    )
    if note:
        note_figures(model, found, truncation)
    for name, value, wanted in found.rows():
        typer.echo(f"{name}: {value}" + (f" ({wanted})" if wanted else ""))
