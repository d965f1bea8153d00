"""The verbs about models: list, check, import, remove; paint, mask and upscale with imported ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from artdesk.cli_options import DEVICE_HELP, FAILED, complain, print_json, progress_bar, stoppable
from artdesk.core.errors import ModelRefused, WrongUse

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Device = Annotated[str, typer.Option("--device", help=DEVICE_HELP)]
Output = Annotated[Path, typer.Option("-o", "--output", help="Where the result goes.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")]
WithReceipt = Annotated[bool, typer.Option("--receipt/--no-receipt", help="Write the receipt to the file.")]
Memory = Annotated[int, typer.Option("--memory", min=0, help="Memory to work with, in MB; 0 chooses.")]

app = typer.Typer(help="Models: what is there, and other people's.", invoke_without_command=True, no_args_is_help=False)


@app.callback()
def models(context: typer.Context, json: JsonFlag = False) -> None:
    """List the models; or check, import and remove other people's."""
    if context.invoked_subcommand is not None:
        return
    from artdesk.compose import make_engine

    library = make_engine().library
    rows: list[dict[str, Any]] = [
        {
            "id": card.id,
            "family": card.family,
            "title": dict(card.title),
            "role": card.role,
            "licence": card.licence,
            "sha256": card.sha256,
            "own": card.folder.parent == library.own_models,
            "file": str(card.file),
        }
        for card in library.models()
    ]
    if json:
        print_json(rows)
    else:
        _table(
            ("id", "family", "title", "licence", ""),
            [
                (r["id"], r["family"], r["title"].get("en", ""), r["licence"] or "–", "yours" if r["own"] else "")
                for r in rows
            ],
        )
    for problem in library.problems():
        complain(str(problem))


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="An ONNX file.")], json: JsonFlag = False) -> None:
    """Read and measure somebody else's model without taking it in. Exit code 1 when it is refused."""
    from artdesk.compose import make_studio
    from artdesk.core.requests import ProbeModelRequest

    with stoppable() as token, progress_bar(file.name, token, quiet=json) as progress:
        try:
            result: Any = make_studio().perform(ProbeModelRequest(file), progress)
        except ModelRefused as refused:
            if json:
                print_json({"file": str(file), "fits": False, "reason": str(refused)})
                raise typer.Exit(FAILED) from None
            raise
    _show(file, result, json, fits=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An ONNX file.")],
    id: Annotated[str, typer.Option("--id", help="Its id; made of the file's name otherwise.")] = "",
    title: Annotated[str, typer.Option("--title", help="Its name; made of the file's name otherwise.")] = "",
    set: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Your word against the measurement: order=bgr, range=-1..1, out_range=0..255, family=mask."
        ),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Read, measure and take in somebody else's model."""
    from artdesk.compose import make_studio
    from artdesk.core.requests import ImportModelRequest

    corrections = []
    for pair in set or []:
        name, sign, value = pair.partition("=")
        if not sign:
            raise WrongUse("--set wants NAME=VALUE, not “{value}”.", value=pair)
        corrections.append((name.strip(), value.strip()))
    with stoppable() as token, progress_bar(file.name, token, quiet=json) as progress:
        request = ImportModelRequest(file, id=id, title=title, corrections=tuple(corrections))
        result: Any = make_studio().perform(request, progress)
    _show(file, result, json, id=result.model_id, fits=True)


@app.command("remove")
def remove(id: Annotated[str, typer.Argument(help="The id of a model you imported.")]) -> None:
    """Remove a model you imported."""
    from artdesk.compose import make_studio
    from artdesk.core.progress import Progress
    from artdesk.core.requests import RemoveModelRequest

    make_studio().perform(RemoveModelRequest(id), Progress())


@app.command("paint")
def paint(
    picture: Annotated[Path, typer.Argument(help="A picture.")],
    model: Annotated[str, typer.Option("--model", help="The id of an imported arbitrary-style model.")],
    style: Annotated[Path, typer.Option("--style", help="The picture to take the style of.")],
    output: Output,
    strength: Annotated[float, typer.Option("--strength", min=0, max=1, help="0 gives the picture back.")] = 1.0,
    keep_colors: Annotated[bool, typer.Option("--keep-colors", help="The picture's own colours.")] = False,
    device: Device = "auto",
    memory: Memory = 0,
    overwrite: Overwrite = False,
    receipt: WithReceipt = True,
    json: JsonFlag = False,
) -> None:
    """Paint after a style picture with somebody else's arbitrary-style model."""
    from artdesk.core.pictures import open_picture
    from artdesk.core.requests import ForeignStyleRequest

    def request(image: Any) -> Any:
        return ForeignStyleRequest(image, open_picture(style).image, model, strength, keep_colors, device, memory)

    _from_file_to_file(picture, output, request, overwrite=overwrite, receipt=receipt, json=json)


@app.command("mask")
def mask(
    picture: Annotated[Path, typer.Argument(help="A picture.")],
    model: Annotated[str, typer.Option("--model", help="The id of an imported mask model.")],
    output: Output,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: JsonFlag = False,
) -> None:
    """Find in a picture what a mask model looks for; white is where it was found."""
    from artdesk.core.requests import MaskRequest

    def request(image: Any) -> Any:
        return MaskRequest(image, model, device)

    _from_file_to_file(picture, output, request, overwrite=overwrite, receipt=False, json=json)


def upscale(
    picture: Annotated[Path, typer.Argument(help="A picture.")],
    model: Annotated[str, typer.Option("--model", help="The id of an imported upscaler.")],
    output: Output,
    device: Device = "auto",
    memory: Memory = 0,
    overwrite: Overwrite = False,
    receipt: WithReceipt = True,
    json: JsonFlag = False,
) -> None:
    """Enlarge a picture with an imported upscaler."""
    from artdesk.core.requests import UpscaleRequest

    def request(image: Any) -> Any:
        return UpscaleRequest(image, model, device, memory)

    _from_file_to_file(picture, output, request, overwrite=overwrite, receipt=receipt, json=json)


def _from_file_to_file(
    picture: Path,
    output: Path,
    request: Callable[[Any], Any],
    *,
    overwrite: bool,
    receipt: bool,
    json: bool,
) -> None:
    """Open, perform, save, print."""
    from artdesk.compose import make_studio
    from artdesk.core.errors import AlreadyExists
    from artdesk.core.image import as_image
    from artdesk.core.pictures import format_of, open_picture, save_picture

    format_of(output)
    if output.exists() and not overwrite:
        raise AlreadyExists("“{name}” exists already and was left as it is.", name=str(output))
    with stoppable() as token, progress_bar(picture.name, token, quiet=json) as progress:
        opened = open_picture(picture)
        result: Any = make_studio().perform(request(opened.image), progress)
        image = result.image if hasattr(result, "image") else as_image(result.mask)
        save_picture(output, image, like=opened, receipt=result.receipt if receipt else None, overwrite=overwrite)
    for note in result.notes:
        complain(str(note))
    height, width = image.shape[:2]
    made = result.receipt
    if json:
        print_json(
            {
                "input": str(picture),
                "output": str(output),
                "model": made.model_id,
                "sha256": made.model_sha256,
                "device": made.device,
                "seconds": round(made.seconds, 3),
                "width": width,
                "height": height,
                "notes": [str(note) for note in result.notes],
            }
        )
    else:
        print(f"{output}  {width}×{height}  {made.device}  {made.seconds:.1f} s")


def _show(file: Path, result: Any, json: bool, **more: Any) -> None:
    if json:
        print_json(
            {
                "file": str(file),
                **more,
                "family": result.family,
                "summary": {what: str(how) for what, how in result.lines},
                "notes": [str(note) for note in result.notes],
                "measured": result.measured,
            }
        )
        return
    if "id" in more:
        print(more["id"])
    _table(("", ""), [(what, str(how)) for what, how in result.lines])
    for note in result.notes:
        complain(str(note))


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, box=None, pad_edge=False, header_style="bold", show_header=any(heads))
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
