"""The verb that paints whole folders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from artdesk.cli_options import (
    FAILED,
    STOPPED,
    Painting,
    complain,
    painting_options,
    print_json,
    progress_bar,
    stoppable,
)
from artdesk.core.errors import WrongUse


@painting_options
def batch(
    folders: Annotated[list[Path], typer.Argument(help="Folders, searched with all their folders; or pictures.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder the paintings go to; the tree is kept.")],
    painting: Painting,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=16, help="Pictures under way at once.")] = 1,
    skip_existing: Annotated[bool, typer.Option("--skip-existing", help="Pass over what is painted already.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a batch that was stopped.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    format: Annotated[str, typer.Option("--format", help="same, png, jpg, webp or tiff.")] = "same",
    allow_large: Annotated[bool, typer.Option("--allow-large", help="Open pictures over the size limit.")] = False,
    receipt: Annotated[bool, typer.Option("--receipt/--no-receipt", help="Write the receipt to the files.")] = True,
    quality: Annotated[int, typer.Option("--quality", min=1, max=100, help="Quality of JPEG and WebP.")] = 92,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, a line a picture and one at the end.")] = False,
) -> None:
    """Paint every picture of folders in a style. Failures are listed at the end; a stopped batch can be resumed."""
    from artdesk.cli import known_style
    from artdesk.compose import make_studio
    from artdesk.core.requests import StylizeFileRequest
    from artdesk.studio.batch import Journal, Outcome, run_batch
    from artdesk.studio.batch_plan import SAME, plan_batch

    suffix = SAME if format == SAME else f".{format.lstrip('.').lower()}"
    items = plan_batch(folders, output, suffix=suffix)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            "The folder “{name}” cannot be made: {reason}.", name=str(output), reason=error.strerror
        ) from error
    studio = make_studio()

    def tell(outcome: Outcome) -> None:
        if json:
            print_json(_plain(outcome))
        elif outcome.state == "failed":
            complain(outcome.error)
        elif outcome.state == "done":
            size = f"{outcome.width}×{outcome.height}"
            print(f"{outcome.item.target}  {size}  {outcome.device}  {outcome.seconds:.1f} s", flush=True)
        for note in outcome.notes:
            complain(str(note))

    with stoppable() as token:
        with progress_bar("style", token, quiet=json) as progress:
            fields = painting.settings(lambda name: known_style(studio, name, painting.values["device"], progress))
        template = StylizeFileRequest(
            **fields, overwrite=overwrite, allow_large=allow_large, with_receipt=receipt, quality=quality
        )
        journal = Journal(output, template)
        with progress_bar("batch", token, quiet=json) as progress:
            summary = run_batch(
                studio.perform,  # type: ignore[arg-type]  # gives a FileResult for this request
                items,
                template,
                progress,
                jobs=jobs,
                skip_existing=skip_existing,
                journal=journal,
                resume=resume,
                tell=tell,
            )
    studio.close()
    done, failed, skipped = (summary.count(state) for state in ("done", "failed", "skipped"))
    if json:
        print_json(
            {
                "total": len(items),
                "done": done,
                "failed": failed,
                "skipped": skipped,
                "left": summary.left,
                "stopped": summary.stopped,
                "failures": [_plain(outcome) for outcome in summary.failures],
            }
        )
    else:
        words = [f"{done} painted", f"{skipped} passed over", f"{failed} failed"]
        if summary.stopped:
            words.append(f"{summary.left} left; --resume goes on")
        complain(", ".join(words) + ".")
        if failed:
            complain("These failed:")
            for outcome in summary.failures:
                print(f"  {outcome.item.source}: {outcome.error}", file=sys.stderr)
    if summary.stopped:
        raise typer.Exit(STOPPED if not failed else FAILED)
    if failed:
        raise typer.Exit(FAILED)


def _plain(outcome: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "input": str(outcome.item.source),
        "output": str(outcome.item.target),
        "state": outcome.state,
    }
    if outcome.state == "failed":
        plain["error"] = outcome.error
    if outcome.state == "done":
        plain |= {
            "device": outcome.device,
            "seconds": round(outcome.seconds, 3),
            "width": outcome.width,
            "height": outcome.height,
            "notes": [str(note) for note in outcome.notes],
        }
    return plain
