"""The verb that makes pictures from seeds and gardens, and films between them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artdesk.cli_generate_files import Maker, write_walk
from artdesk.cli_options import DEVICE_HELP, progress_bar, stoppable
from artdesk.core.errors import WrongUse
from artdesk.core.garden import MOST_CELLS, SEEDS, Garden, new_garden, plant_picture, sow

if TYPE_CHECKING:
    from artdesk.core.garden import GardenModel
    from artdesk.studio.perform import Studio

_FILMS = (".mp4", ".gif", ".webp")
_MOST_COUNT = 10_000


def generate(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder the pictures go to; a file for a walk.")],
    model: Annotated[
        str, typer.Option("--model", help="A model that makes pictures (artdesk models lists them).")
    ] = "",
    seed: Annotated[int | None, typer.Option("--seed", help="The first seed; drawn by lot otherwise.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=_MOST_COUNT, help="How many seeds from there on.")] = 1,
    truncation: Annotated[
        float | None,
        typer.Option("--truncation", help="0 is the mean picture, 1 the whole variety; the model's own otherwise."),
    ] = None,
    label: Annotated[str, typer.Option("--label", help="A class of the model, by name or number.")] = "",
    garden: Annotated[
        Path | None, typer.Option("--garden", help="A garden file, or a picture that carries its recipe.")
    ] = None,
    node: Annotated[
        list[int] | None, typer.Option("--node", help="A picture of the garden; the page in view otherwise.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--from", help="Start from a picture, for models that can: it and --count − 1 kin.")
    ] = None,
    strength: Annotated[float, typer.Option("--strength", help="How far the kin of --from wander, 0..2.")] = 0.4,
    walk: Annotated[
        str, typer.Option("--walk", help="A film between seeds, or of --garden between nodes or favourites: A,B,…")
    ] = "",
    frames: Annotated[int, typer.Option("--frames", help="Frames from one picture of the walk to the next.")] = 48,
    fps: Annotated[int, typer.Option("--fps", help="Frames a second of the walk.")] = 24,
    loop: Annotated[bool, typer.Option("--loop", help="The walk comes back to its first picture.")] = False,
    film: Annotated[
        str, typer.Option("--film", help="What a walk into a folder is saved as: mp4, gif or webp.")
    ] = "mp4",
    finish: Annotated[str, typer.Option("--finish", help="A style (or a picture) to paint the result in.")] = "",
    scale: Annotated[
        float | None, typer.Option("--scale", help="Enlarge by this much first (1..8); 4 with --finish, else 1.")
    ] = None,
    save_garden: Annotated[
        Path | None, typer.Option("--save-garden", help="Keep the seeds as a garden file for the desk.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help=DEVICE_HELP)] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    receipt: Annotated[bool, typer.Option("--receipt/--no-receipt", help="Write the receipt to the files.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each file.")] = False,
) -> None:
    """Make pictures from seeds, or again from a garden; or a film that walks between them."""
    from artdesk.compose import make_studio

    studio = make_studio()
    known, plan = _open_garden(studio, garden, model)
    if picture is not None:
        if plan is not None or walk:
            raise WrongUse("--from goes neither with --garden nor with --walk.")
        begin = seed if seed is not None else secrets.randbelow(SEEDS)
        t = truncation if truncation is not None else known.truncation
        planting = (count, strength, begin, t, _class_number(known, label))
        plan = _planted(studio, known, picture, planting, device, quiet=json)
    elif plan is None:
        plan = _sown(known, walk, seed, count, truncation, label)
    elif seed is not None or count != 1 or truncation is not None or label:
        raise WrongUse("--seed, --count, --truncation and --label make new pictures; leave them out with --garden.")
    nodes = _chosen(plan, walk, node, from_file=garden is not None)
    if save_garden is not None:
        from artdesk.core.garden_file import save_garden as write_garden

        write_garden(save_garden, plan, overwrite=overwrite)
    with stoppable() as token:
        if walk:
            if finish or scale is not None:
                raise WrongUse("--finish and --scale are for pictures; a walk is as large as its model makes it.")
            how = {"frames": frames, "fps": fps, "loop": loop, "overwrite": overwrite}
            target = _film_target(output, known.id, walk, film)
            write_walk(studio, known, plan, nodes, target, token, json, with_receipt=receipt, device=device, **how)
        else:
            _folder(output)
            maker = Maker(studio, plan, output, token, json, device, overwrite, receipt)
            maker.labelled = bool(label)
            maker.origin = picture.stem if picture is not None else ""
            maker.prepare_finish(finish, scale)
            maker.make(known.id, nodes)
    studio.close()


def _open_garden(studio: Studio, path: Path | None, model: str) -> tuple[GardenModel, Garden | None]:
    """The model to work with, and the garden of a file (a picture's receipt holds one, too)."""
    from artdesk.core.garden_file import garden_in, load_garden
    from artdesk.core.pictures import OPEN_SUFFIXES, open_picture
    from artdesk.studio.garden_models import default_model, garden_model

    found: Garden | None = None
    if path is not None and path.suffix.lower() in OPEN_SUFFIXES:
        opened = open_picture(path)
        found = garden_in(opened.receipt) if opened.receipt is not None else None
        if found is None:
            raise WrongUse("“{name}” carries no recipe of a generated picture.", name=str(path))
    elif path is not None:
        found = load_garden(path)
    library = studio.engine.library
    wanted = model or (found.model_id if found is not None else "")
    return garden_model(library.model(wanted) if wanted else default_model(studio.engine)), found


def _sown(model: GardenModel, walk: str, seed: int | None, count: int, truncation: float | None, label: str) -> Garden:
    """A garden of seeds: those of --walk, or `count` from `seed` on."""
    if seed is not None and not 0 <= seed < SEEDS:
        raise WrongUse("A seed is a whole number from 0 to {most}.", most=SEEDS - 1)
    t = truncation if truncation is not None else model.truncation
    number = _class_number(model, label)
    made = new_garden(model.id, model.sha256)
    if walk:
        for each in _numbers(walk, "--walk"):
            made = sow(made, 1, each, t, number)
        return made
    first = seed if seed is not None else secrets.randbelow(SEEDS)
    for start in range(0, count, MOST_CELLS):
        made = sow(made, min(MOST_CELLS, count - start), (first + start) % SEEDS, t, number)
    return made


def _planted(
    studio: Studio, model: GardenModel, picture: Path, how: tuple[int, float, int, float, int], device: str, quiet: bool
) -> Garden:
    """A garden around a picture. Raises WrongUse where the model has no encoder, PictureError."""
    from artdesk.core.pictures import open_picture
    from artdesk.core.requests import EncodePointRequest
    from artdesk.core.results import EncodePointResult

    image = open_picture(picture).image
    empty = new_garden(model.id, model.sha256)
    plant_picture(empty, "", picture.stem, *how)  # wrong wishes are told before the work
    with stoppable() as token, progress_bar(picture.name, token, quiet=quiet) as progress:
        found = studio.perform(EncodePointRequest(model.id, image, device), progress)
    assert isinstance(found, EncodePointResult)
    return plant_picture(empty, found.point, picture.stem, *how)


def _chosen(plan: Garden, walk: str, nodes: list[int] | None, *, from_file: bool) -> tuple[int, ...]:
    """Which of the garden's nodes are wanted."""
    if not from_file:
        if nodes:
            raise WrongUse("--node wants a --garden.")
        return tuple(n.id for n in plan.nodes)
    if walk == "favourites":
        stars = tuple(n.id for n in plan.favourites())
        if len(stars) < 2:
            raise WrongUse(
                "A walk goes through two pictures at least; this garden has {count} favourites.", count=len(stars)
            )
        return stars
    if walk:
        return tuple(plan.node(n).id for n in _numbers(walk, "--walk"))
    if nodes:
        return tuple(dict.fromkeys(plan.node(n).id for n in nodes))
    shown = tuple(n.id for n in plan.page())
    if not shown:
        raise WrongUse("This garden is empty.")
    return shown


def _numbers(text: str, option: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise WrongUse(
            "{option} wants whole numbers with commas between them, not “{value}”.", option=option, value=text
        ) from None
    if len(numbers) < 2:
        raise WrongUse("A walk goes through two pictures at least: --walk 1,2.")
    return numbers


def _class_number(model: GardenModel, label: str) -> int:
    if not label:
        return 0
    names = [{str(n), *(name.casefold() for name in names.values())} for n, names in enumerate(model.classes)]
    for number, known in enumerate(names):
        if label.casefold() in known:
            return number
    if not names:
        raise WrongUse("The model “{model}” has no classes.", model=model.id)
    shown = ", ".join(str(c.get("en", n)) for n, c in enumerate(model.classes[:20]))
    raise WrongUse(
        "The model “{model}” has no class “{label}”; there are {classes}.", model=model.id, label=label, classes=shown
    )


def _folder(output: Path) -> None:
    if output.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff") and not output.is_dir():
        raise WrongUse("Generated pictures go into a folder; “{name}” is a file name.", name=str(output))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            "The folder “{name}” cannot be made: {reason}.", name=str(output), reason=error.strerror
        ) from error


def _film_target(output: Path, model: str, walk: str, film: str) -> Path:
    if output.suffix.lower() in _FILMS and not output.is_dir():
        return output
    suffix = f".{film.lower().lstrip('.')}"
    if suffix not in _FILMS:
        raise WrongUse("--film is mp4, gif or webp, not “{value}”.", value=film)
    _folder(output)
    stops = walk.replace(",", "-").replace(" ", "")
    return output / f"{model}-walk-{stops[:80]}{suffix}"
