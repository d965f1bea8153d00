"""The command line: the desk's twin. Parse, build a request, perform, print; nothing is decided here."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artdesk.cli_options import (
    FAILED,
    STOPPED,
    WRONG,
    Painting,
    complain,
    painting_options,
    pictures_in,
    print_json,
    progress_bar,
    stoppable,
)
from artdesk.core.errors import ArtDeskError, Cancelled, UnknownStyle, WrongUse

if TYPE_CHECKING:
    from artdesk.studio.perform import Studio

app = typer.Typer(
    help="An offline studio for people who make pictures. Without a verb the desk opens: artdesk [PICTURE…]",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
style_app = typer.Typer(help="Styles of your own.", no_args_is_help=True)
app.add_typer(style_app, name="style")
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def run(arguments: list[str]) -> int:
    """Carry out a verb. 0: all well; 1: something failed; 2: wrong use; 130: stopped with Ctrl-C."""
    level = os.environ.get("ARTDESK_LOG", "ERROR").upper()
    logging.basicConfig(level=level if level in logging.getLevelNamesMapping() else "ERROR", stream=sys.stderr)
    _mount(arguments)
    try:
        app(args=arguments, prog_name="artdesk")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else FAILED
    except (Cancelled, KeyboardInterrupt):
        complain("stopped.")
        return STOPPED
    except WrongUse as error:
        complain(error)
        return WRONG
    except ArtDeskError as error:
        complain(error)
        return FAILED
    return 0


def _mount(arguments: list[str]) -> None:
    """Bring in the verbs of other files only when they are asked for: start-up stays short."""
    verb = arguments[0] if arguments else ""
    overview = verb in ("--help", "-h")
    if verb == "train" or overview:
        try:
            from artdesk.foundry.cli import app as train_app
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            if not overview:
                complain("training needs PyTorch: pip install 'artdesk[foundry]'")
                raise SystemExit(FAILED) from None
        else:
            app.add_typer(train_app, name="train")
    if verb == "models" or overview:
        from artdesk.cli_models import app as models_app

        app.add_typer(models_app, name="models")
    if verb == "upscale" or overview:
        from artdesk.cli_models import upscale

        app.command("upscale")(upscale)
    if verb == "batch" or overview:
        from artdesk.cli_batch import batch

        app.command("batch")(batch)
    if verb == "generate" or overview:
        from artdesk.cli_generate import generate

        app.command("generate")(generate)
    if verb == "live" or overview:
        from artdesk.cli_live import live

        app.command("live")(live)


def known_style(studio: Studio, name: str, device: str, progress: Any) -> str:
    """The id of a style given by its id, or by a picture, which then enters the person's library."""
    from artdesk.core.pictures import OPEN_SUFFIXES, open_picture
    from artdesk.core.requests import EncodeStyleRequest
    from artdesk.core.results import StyleResult

    path = Path(name)
    if path.suffix.lower() not in OPEN_SUFFIXES:
        return str(studio.engine.library.style(name).id)
    if not path.exists():
        raise UnknownStyle("The picture “{name}”, wanted as a style, does not exist.", name=name)
    request = EncodeStyleRequest(open_picture(path).image, name=path.stem, device=device)
    result = studio.perform(request, progress)
    assert isinstance(result, StyleResult)
    complain(f"“{path.name}” is now the style {result.style_id}")
    return result.style_id


@app.command("stylize")
@painting_options
def stylize(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures, or folders of pictures.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="A file, or a folder for several pictures.")],
    painting: Painting,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    allow_large: Annotated[bool, typer.Option("--allow-large", help="Open pictures over the size limit.")] = False,
    receipt: Annotated[bool, typer.Option("--receipt/--no-receipt", help="Write the receipt to the file.")] = True,
    quality: Annotated[int, typer.Option("--quality", min=1, max=100, help="Quality of JPEG and WebP.")] = 92,
    json: JsonFlag = False,
) -> None:
    """Paint pictures in a style."""
    from artdesk.compose import make_studio
    from artdesk.core.requests import StylizeFileRequest
    from artdesk.core.results import FileResult

    studio = make_studio()
    failures: list[str] = []
    with stoppable() as token:
        with progress_bar("style", token, quiet=json) as progress:
            device = painting.values["device"]
            fields = painting.settings(lambda name: known_style(studio, name, device, progress))
        sources = pictures_in(pictures)
        targets = _targets(sources, output, into_folder=len(sources) != 1 or any(p.is_dir() for p in pictures))
        for source, target in zip(sources, targets, strict=True):
            request = StylizeFileRequest(
                **fields,
                source=source,
                target=target,
                overwrite=overwrite,
                allow_large=allow_large,
                with_receipt=receipt,
                quality=quality,
            )
            try:
                with progress_bar(source.name, token, quiet=json) as progress:
                    result = studio.perform(request, progress)
            except ArtDeskError as error:
                if isinstance(error, WrongUse):
                    raise
                failures.append(str(error))
                complain(error)
                if json:
                    print_json({"input": str(source), "error": str(error)})
                continue
            assert isinstance(result, FileResult)
            for note in result.notes:
                complain(str(note))
            made = result.receipt
            if json:
                print_json(
                    {
                        "input": str(source),
                        "output": str(result.path),
                        "style": fields["mix"][0][0] if len(fields["mix"]) == 1 else dict(fields["mix"]),
                        "device": made.device,
                        "seconds": round(made.seconds, 3),
                        "width": result.width,
                        "height": result.height,
                        "model": made.model_id,
                        "sha256": made.model_sha256,
                        "notes": [str(note) for note in result.notes],
                    }
                )
            else:
                print(f"{result.path}  {result.width}×{result.height}  {made.device}  {made.seconds:.1f} s")
    studio.close()  # what was measured on the way is remembered
    if failures:
        if len(sources) > 1:
            complain(f"{len(failures)} of {len(sources)} pictures failed:")
            for failure in failures:
                print(f"  {failure}", file=sys.stderr)
        raise typer.Exit(FAILED)
    if not sources:
        raise typer.Exit(FAILED)


def _targets(sources: list[Path], output: Path, into_folder: bool) -> list[Path]:
    """Where each picture goes. Two sources of one name in one folder get numbers."""
    from artdesk.core.pictures import SAVE_SUFFIXES

    if not into_folder and not output.is_dir() and output.suffix:
        return [output]
    if output.suffix.lower() in SAVE_SUFFIXES and not output.is_dir():
        raise WrongUse("Several pictures go into a folder; “{name}” is a file name.", name=str(output))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            "The folder “{name}” cannot be made: {reason}.", name=str(output), reason=error.strerror
        ) from error
    taken: set[str] = set()
    targets = []
    for source in sources:
        suffix = source.suffix if source.suffix.lower() in SAVE_SUFFIXES else ".png"
        name, number = source.stem + suffix, 2
        while name.lower() in taken:
            name, number = f"{source.stem}-{number}{suffix}", number + 1
        taken.add(name.lower())
        targets.append(output / name)
    return targets


@app.command("styles")
def styles(json: JsonFlag = False) -> None:
    """List the styles."""
    from artdesk.compose import make_engine

    library = make_engine().library
    rows: list[dict[str, Any]] = [
        {
            "id": s.id,
            "title": dict(s.title),
            "artist": dict(s.artist),
            "year": s.year,
            "technique": s.technique,
            "kind": s.kind,
        }
        for s in library.styles()
    ]
    if json:
        print_json(rows)
    else:
        _table(
            ("id", "title", "artist", "kind"),
            [(r["id"], r["title"].get("en", ""), r["artist"].get("en", ""), r["kind"]) for r in rows],
        )
    for problem in library.problems():
        complain(str(problem))


@style_app.command("add")
def style_add(
    picture: Annotated[Path, typer.Argument(help="The picture to take the style of.")],
    name: Annotated[str, typer.Option("--name", help="Its name; the file's name otherwise.")] = "",
    json: JsonFlag = False,
) -> None:
    """Make a style of a picture and keep it."""
    from artdesk.compose import make_studio
    from artdesk.core.pictures import open_picture
    from artdesk.core.requests import EncodeStyleRequest
    from artdesk.core.results import StyleResult

    studio = make_studio()
    with stoppable() as token, progress_bar(picture.name, token, quiet=json) as progress:
        request = EncodeStyleRequest(open_picture(picture).image, name=name or picture.stem)
        result = studio.perform(request, progress)
    assert isinstance(result, StyleResult)
    if json:
        print_json({"id": result.style_id})
    else:
        print(result.style_id)


@style_app.command("remove")
def style_remove(id: Annotated[str, typer.Argument(help="The id of a style of your own.")]) -> None:
    """Remove a style of your own."""
    from artdesk.compose import make_engine

    make_engine().library.remove_style(id)


@app.command("devices")
def devices(
    json: JsonFlag = False,
    measure: Annotated[bool, typer.Option("--measure", help="Measure each device on the painters first.")] = False,
) -> None:
    """List the devices and say which of them can be used."""
    from artdesk.compose import make_studio

    studio = make_studio()
    if measure:
        from artdesk.core.requests import MeasureDevicesRequest
        from artdesk.core.results import DevicesResult

        with stoppable() as token, progress_bar("measuring", token, quiet=json) as progress:
            result = studio.perform(MeasureDevicesRequest(), progress)
        assert isinstance(result, DevicesResult)
        rows = [{"model": m, "device": d, "milliseconds": ms, "said": said} for m, d, ms, said in result.rows]
        if json:
            print_json(rows)
        else:
            _table(
                ("model", "device", "ms", ""),
                [
                    (r["model"], r["device"], f"{r['milliseconds']:.1f}" if r["milliseconds"] else "–", r["said"])
                    for r in rows
                ],
            )
        return
    found = [
        {"id": d.id, "title": d.title, "provider": d.provider, "available": d.available, "reason": d.reason}
        for d in studio.engine.devices()
    ]
    if json:
        print_json(found)
    else:
        _table(
            ("id", "device", "usable", ""),
            [(d["id"], d["title"], "yes" if d["available"] else "no", d["reason"]) for d in found],
        )


@app.command("bench")
def bench(
    json: JsonFlag = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only these parts: desk, paint, live, engine, generate.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repetitions: rough figures in a minute.")] = False,
) -> None:
    """Measure speed on this machine, as ratios taken in one run."""
    from artdesk.bench import measure_all

    with stoppable() as token, progress_bar("bench", token, quiet=json) as progress:
        figures = measure_all(tuple(only or ()), quick=quick, progress=progress)
    if json:
        print_json(figures)
        return
    for part, values in figures.items():
        print(part)
        for name, value in values.items():
            if isinstance(value, list):
                _table(tuple(value[0]) if value else (), [tuple(row.values()) for row in value])
            else:
                print(f"  {name:28} {value}")


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """A plain table on stdout, aligned also where characters are two columns wide."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
