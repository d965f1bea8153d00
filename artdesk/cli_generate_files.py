"""Writing what the verb generate makes: pictures as they come, and walks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from artdesk.cli_options import FAILED, complain, print_json, progress_bar
from artdesk.core.errors import AlreadyExists, ArtDeskError, WrongUse
from artdesk.core.garden import Garden, Node
from artdesk.core.progress import CancelToken, Progress

if TYPE_CHECKING:
    from artdesk.core.garden import GardenModel
    from artdesk.core.results import GardenPicture
    from artdesk.studio.perform import Studio

_AT_ONCE = 64


def write_walk(
    studio: Studio,
    model: GardenModel,
    plan: Garden,
    nodes: tuple[int, ...],
    target: Path,
    token: CancelToken,
    json: bool,
    **how: Any,
) -> None:
    """Make a walk's film and say so. `how` are further fields of WalkRequest. Raises ArtDeskError, Cancelled."""
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


class Maker:
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
        self.origin = ""

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
        told: set[str] = set()
        with progress_bar("generate", self._token, quiet=self._json) as shown:
            for start in range(0, len(free), _AT_ONCE):  # a result holds its pictures: not thousands of them
                part = shown.part(start / len(free), min(1.0, (start + _AT_ONCE) / len(free)))
                progress = Progress(part.step, self._token, self._take)
                request = GenerateRequest(model, self._plan, free[start : start + _AT_ONCE], self._device)
                for note in self._studio.perform(request, progress).notes:
                    if str(note) not in told:
                        told.add(str(note))
                        complain(str(note))
        if self._failed:
            raise typer.Exit(FAILED)

    def _target(self, node: Node, model: str) -> Path:
        if self.origin:
            kin = f"-{node.seed}" if node.kind != "picture" else ""
            return self._folder / f"{model}-{self.origin[:120]}{kin}.png"
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
