"""The verb that makes pictures from seeds and gardens, and films between them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artdesk.cli_options import DEVICE_HELP, FAILED, complain, print_json, progress_bar, stoppable
from artdesk.core.errors import AlreadyExists, ArtDeskError, WrongUse
from artdesk.core.garden import MOST_CELLS, SEEDS, Garden, Node, new_garden, sow
from artdesk.core.progress import CancelToken, Progress

if TYPE_CHECKING:
    from artdesk.core.garden import GardenModel
    from artdesk.core.results import GardenPicture
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
    walk: Annotated[str, typer.Option("--walk", help="A film between seeds (or nodes of --garden): A,B,…")] = "",
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
    if plan is None:
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
            _walk(studio, known, plan, nodes, target, token, json, with_receipt=receipt, device=device, **how)
        else:
            _folder(output)
            maker = _Maker(studio, plan, output, token, json, device, overwrite, receipt)
            maker.labelled = bool(label)
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


def _chosen(plan: Garden, walk: str, nodes: list[int] | None, *, from_file: bool) -> tuple[int, ...]:
    """Which of the garden's nodes are wanted."""
    if not from_file:
        if nodes:
            raise WrongUse("--node wants a --garden.")
        return tuple(n.id for n in plan.nodes)
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


def _walk(
    studio: Studio,
    model: GardenModel,
    plan: Garden,
    nodes: tuple[int, ...],
    target: Path,
    token: CancelToken,
    json: bool,
    **how: Any,
) -> None:
    from artdesk.core.requests import WalkRequest
    from artdesk.core.results import WalkResult

    with progress_bar("walk", token, quiet=json) as progress:
        result = studio.perform(WalkRequest(model.id, plan, nodes, target, **how), progress)
    assert isinstance(result, WalkResult)
    for note in result.notes:
        complain(str(note))
    made = result.receipt
    if json:
        print_json(
            {
                "output": str(result.path),
                "model": made.model_id,
                "sha256": made.model_sha256,
                "frames": result.frames,
                "device": made.device,
                "seconds": round(made.seconds, 3),
                "width": result.width,
                "height": result.height,
                "notes": [str(note) for note in result.notes],
            }
        )
    else:
        size = f"{result.width}×{result.height}  {result.frames} frames"
        print(f"{result.path}  {size}  {made.device}  {made.seconds:.1f} s")


class _Maker:
    """Makes the pictures and writes each as soon as it is there."""

    def __init__(
        self,
        studio: Studio,
        plan: Garden,
        folder: Path,
        token: CancelToken,
        json: bool,
        device: str,
        overwrite: bool,
        with_receipt: bool,
    ) -> None:
        self._studio, self._plan, self._folder, self._token = studio, plan, folder, token
        self._json, self._device, self._overwrite, self._with_receipt = json, device, overwrite, with_receipt
        self._style, self._scale, self._failed = "", 1.0, 0
        self.labelled = False

    def prepare_finish(self, style: str, scale: float | None) -> None:
        """What is done with each picture before it is written. Raises UnknownStyle, WrongUse."""
        from artdesk.cli import known_style

        if style:
            self._style = known_style(self._studio, style, self._device, Progress(token=self._token))
        self._scale = scale if scale is not None else (4.0 if style else 1.0)
        if not 1 <= self._scale <= 8:
            raise WrongUse("--scale lies between 1 and 8, not {value:g}.", value=self._scale)

    def make(self, model: str, nodes: tuple[int, ...]) -> None:
        """All pictures whose files are free. Exits with 1 when some failed."""
        from artdesk.core.requests import GenerateRequest

        free = tuple(n for n in nodes if self._is_free(self._target(self._plan.node(n), model)))
        if free:
            with progress_bar("generate", self._token, quiet=self._json) as shown:
                progress = Progress(shown.step, self._token, self._take)
                result = self._studio.perform(GenerateRequest(model, self._plan, free, self._device), progress)
            for note in result.notes:
                complain(str(note))
        if self._failed:
            raise typer.Exit(FAILED)

    def _target(self, node: Node, model: str) -> Path:
        if node.kind == "seed":
            among = f"-c{node.label}" if self.labelled else ""
            return self._folder / f"{model}{among}-{node.seed}.png"
        return self._folder / f"{model}-node-{node.id}.png"

    def _is_free(self, target: Path) -> bool:
        if self._overwrite or not os.path.lexists(target):
            return True
        self._fail(target, AlreadyExists("“{name}” exists already and was left as it is.", name=str(target)))
        return False

    def _fail(self, target: Path, error: ArtDeskError) -> None:
        self._failed += 1
        complain(error)
        if self._json:
            print_json({"output": str(target), "error": str(error)})

    def _take(self, part: object) -> None:
        from artdesk.core.pictures import save_picture
        from artdesk.core.results import GardenPicture

        assert isinstance(part, GardenPicture)
        node = self._plan.node(part.node)
        target = self._target(node, part.receipt.model_id)
        try:
            image, made, notes = self._finished(part)
            kept = made if self._with_receipt else None
            save_picture(target, image, receipt=kept, overwrite=self._overwrite)
        except ArtDeskError as error:
            self._fail(target, error)
            return
        height, width = image.shape[:2]
        if not self._json:
            print(f"{target}  {width}×{height}  {made.device}  {made.seconds:.2f} s", flush=True)
            return
        print_json(
            {
                "output": str(target),
                "model": part.receipt.model_id,
                "sha256": part.receipt.model_sha256,
                "node": node.id,
                "kind": node.kind,
                "seed": part.receipt.seed,
                "truncation": node.truncation,
                "label": node.label,
                "style": self._style,
                "device": made.device,
                "seconds": round(made.seconds, 4),
                "width": width,
                "height": height,
                "notes": notes,
            }
        )

    def _finished(self, part: GardenPicture) -> tuple[Any, Any, list[str]]:
        if not self._style and self._scale == 1:
            return part.image, part.receipt, []
        from artdesk.core.requests import FinishRequest

        mix = ((self._style, 1.0),) if self._style else ()
        request = FinishRequest(image=part.image, factor=self._scale, mix=mix, origin=part.receipt, device=self._device)
        result: Any = self._studio.perform(request, Progress(token=self._token))
        for note in result.notes:
            complain(str(note))
        return result.image, result.receipt, [str(note) for note in result.notes]
