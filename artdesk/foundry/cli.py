# mypy: disable-error-code="no-any-return"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The verbs of ``artdesk train``: styles, one style, features, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.core.paths import bundled, data_dir
from artdesk.foundry.garden_cli import app as garden_app

if TYPE_CHECKING:
    from artdesk.foundry.nets import Features, Vgg
    from artdesk.foundry.recipe import Nets

app = typer.Typer(help="Train painters, styles and features (needs torch).", no_args_is_help=True)
app.add_typer(garden_app, name="garden")

DataOption = Annotated[Path, typer.Option("--data", help="Folder with photos/ and, better, paintings/.")]
VggOption = Annotated[Path | None, typer.Option("--vgg", help="VGG-19 weights (.npz); without it our own features.")]
ModelsOption = Annotated[Path | None, typer.Option("--models", help="Folder of models to start from or to measure.")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


def _need_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise WrongUse("Training needs PyTorch, which is not installed: pip install torch.") from error


def _device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise WrongUse("No CUDA device answers; choose the processor with --device cpu.")
    if name != "cpu" and not name.startswith("cuda"):
        raise WrongUse("There is no device “{name}” to train on: use auto, cpu or cuda.", name=name)
    return name


def _folder(path: Path, what: str) -> Path:
    if not path.is_dir():
        raise WrongUse("The {what} folder “{name}” is not there.", what=what, name=str(path))
    return path


def _models(path: Path | None) -> Path:
    return path or bundled("models")


def _features(models: Path) -> Features:
    from artdesk.foundry.checkpoints import load_onnx_weights
    from artdesk.foundry.nets import Features

    net = Features()
    load_onnx_weights(net, models / "features" / "model.onnx")
    return net.requires_grad_(False).eval()


def _loss_network(vgg: Path | None, models: Path) -> Features | Vgg:
    if vgg is None:
        return _features(models)
    from artdesk.foundry.prepare import load_vgg

    return load_vgg(vgg).requires_grad_(False).eval()


def _trained(models: Path, styles: list[Path]) -> Nets:
    """Networks and codes from exported folders; codes of styles without a folder come from the stylist."""
    from artdesk.foundry.package import load_trained

    return load_trained(models, bundled("resources", "styles"), styles)


@app.command("styles")
def train_styles(
    data: DataOption,
    styles: Annotated[Path, typer.Option("--styles", help="Folder with one picture per style.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoints and the finished models.")],
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Training time.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Training steps, in place of minutes.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from --out, or from exported models.")] = False,
    vgg: VggOption = None,
    models: ModelsOption = None,
    device: DeviceOption = "auto",
    every: Annotated[float, typer.Option(help="Minutes between checkpoints and sample sheets.")] = 4.0,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Processor threads.")] = 2,
) -> None:
    """Train painters, stylist and the codes of a folder of styles; stop at any moment and resume."""
    _need_torch()
    from dataclasses import replace

    from artdesk.foundry import checkpoints, package
    from artdesk.foundry.data import find_pictures
    from artdesk.foundry.recipe import Recipe, recipe_for
    from artdesk.foundry.train_styles import CHECKPOINT, make_trainer, sample_pictures, train

    if (minutes is None) == (steps is None):
        raise WrongUse("Say how long to train: either --minutes or --steps.")
    pictures = find_pictures(_folder(styles, "style"))
    if not pictures:
        raise WrongUse("There is no picture in the style folder “{name}”.", name=str(styles))
    _folder(data / "photos", "photograph")
    source = _models(models)
    recipe = recipe_for(_device(device), replace(Recipe(), threads=threads, batch=max(Recipe().batch, threads)))
    trainer = make_trainer(data, pictures, _features(source), _loss_network(vgg, source), recipe)
    if resume:
        if (out / CHECKPOINT).exists():
            checkpoints.resume(trainer, out / CHECKPOINT)
        else:
            trainer.start_from(_trained(out if (out / "painter").exists() else source, pictures))

    def say(step: int, progress: float, mean: dict[str, float]) -> None:
        figures = "  ".join(f"{k} {v:.3f}" for k, v in mean.items() if v == v and k != "live")
        typer.echo(f"{step:6d}  {progress:4.0%}  {figures}")

    train(
        trainer,
        out,
        minutes=minutes,
        steps=steps,
        every_minutes=every,
        samples=sample_pictures(data),
        report=say,
    )
    notes = {"steps": trainer.steps, "minutes": round(trainer.seconds / 60, 1), "notes": f"trained on {recipe.device}"}
    worst = package.export_models(trainer.average, out, notes)
    package.export_features(_features(source), out, {"notes": "unchanged"})
    package.export_styles(trainer.average, [p.stem for p in pictures], out / "styles")
    typer.echo(f"Exported to {out}; torch and ONNX Runtime differ by at most {max(worst.values()):.1e}.")


@app.command("style")
def train_style(
    picture: Annotated[Path, typer.Argument(help="The picture to learn from.")],
    minutes: Annotated[float, typer.Option(min=0.01, help="Training time.")] = 10.0,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    name: Annotated[str, typer.Option(help="What the style is called; default the file's name.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Style folder; default the person's own library.")] = None,
    photos: Annotated[Path | None, typer.Option(help="Photographs to practise on; default a drawn scene.")] = None,
    vgg: VggOption = None,
    models: ModelsOption = None,
) -> None:
    """Learn one style of one's own: only its code is refined, every other style stays as it is."""
    _need_torch()
    from artdesk.foundry import own_style, package

    if not picture.is_file():
        raise WrongUse("There is no picture “{name}”.", name=str(picture))
    source = _models(models)
    nets = _trained(source, [])

    def say(progress: float, text: str) -> None:
        typer.echo(f"\r{progress:4.0%}  {text}   ", nl=False)

    try:
        code = own_style.refine_code(
            nets.painter,
            nets.stylist,
            _loss_network(vgg, source),
            picture,
            photos=photos,
            minutes=minutes,
            steps=steps,
            report=say,
        )
    except (OSError, ValueError) as error:
        raise ArtDeskError("The picture “{name}” cannot be learned from.", name=picture.name) from error
    folder = package.write_own_style(out or data_dir() / "styles", name or picture.stem, picture, nets, code)
    typer.echo(f"\n{folder.name}: {folder}")


@app.command("features")
def train_features(
    data: DataOption,
    vgg: Annotated[Path, typer.Option("--vgg", help="VGG-19 weights (.npz) to distil.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of models; features/ is written below it.")],
    minutes: Annotated[float, typer.Option(min=0.0, help="Refinement after the closed form.")] = 10.0,
) -> None:
    """Distil our own perceptual features from VGG-19."""
    _need_torch()
    from artdesk.foundry import distil, package
    from artdesk.foundry.data import find_pictures, held_out
    from artdesk.foundry.prepare import load_vgg

    teacher = load_vgg(vgg)
    net = distil.distil(
        _folder(data, "data"), teacher, minutes=minutes, report=lambda p, t: typer.echo(f"{p:4.0%}  {t}")
    )
    tests = [p for p in find_pictures(data) if held_out(p)] or find_pictures(data)
    figures = {k: round(v, 4) for k, v in distil.agreement(net, teacher, tests).items()}
    package.export_features(net, out, {"minutes": minutes, **figures})
    typer.echo("  ".join(f"{k} {v}" for k, v in figures.items()))


@app.command("report")
def train_report(
    styles: Annotated[Path, typer.Option("--styles", help="Folder with the style pictures.")],
    pictures: Annotated[Path, typer.Option("--pictures", help="Photographs to paint, not trained on.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for sheet.png, report.csv and report.md.")],
    vgg: VggOption = None,
    models: ModelsOption = None,
    role: Annotated[str, typer.Option(help="quality or live.")] = "quality",
    count: Annotated[int, typer.Option(min=1, help="How many of the photographs.")] = 4,
) -> None:
    """Write a sheet (picture x style) and a table of style and content distance."""
    _need_torch()
    from artdesk.foundry import report
    from artdesk.foundry.data import find_pictures

    if role not in ("quality", "live"):
        raise WrongUse("There is no painter “{name}”: use quality or live.", name=role)
    works = find_pictures(_folder(styles, "style"))
    photos = find_pictures(_folder(pictures, "photograph"))[:count]
    if not works or not photos:
        raise WrongUse("A report needs at least one style picture and one photograph.")
    source = _models(models)
    nets = _trained(source, works)
    painter = nets.painter if role == "quality" else nets.live
    rows = report.measure(painter, nets.codes[:-1], works, photos, _loss_network(vgg, source))
    typer.echo(report.write(rows, out))
    typer.echo(str(report.sheet(painter, nets.codes, photos, out)))
