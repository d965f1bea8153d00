"""What the verbs of the command line share: options built from a request's fields, progress, stopping, printing."""

from __future__ import annotations

import functools
import inspect
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.core.fields import FieldSpec, check_fields, fields_of
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import Mix, StylizeSettings

FAILED, WRONG, STOPPED = 1, 2, 130
DEVICE_HELP = "auto, cpu, cuda, tensorrt, directml, coreml or openvino."


def _option(spec: FieldSpec) -> inspect.Parameter:
    field, flag = spec.field, "--" + spec.name.replace("_", "-")
    kind: Any = spec.type
    text = field.help or field.title
    if get_origin(kind) is Literal:
        kind, text = str, f"{text} One of: {', '.join(get_args(spec.type))}."
    if field.minimum is not None and field.maximum is not None:
        text += f" [{field.minimum:g}..{field.maximum:g}{field.unit}]"
    default = spec.default
    if spec.name == "size":
        kind, default, text = str, "full", "The longer side in pixels to work at, or full."
    elif spec.name == "memory_mb":
        flag, text = "--memory", "Memory to paint with, in MB; 0 chooses."
    elif spec.name == "device":
        text = DEVICE_HELP
    if kind is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    note = Annotated[kind, typer.Option(flag, help=text)]
    return inspect.Parameter(spec.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=note)


def painting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options of `StylizeSettings`, --style and --mix.

    `function` takes its own parameters and `painting: Painting`.
    """
    own = inspect.signature(function, eval_str=True).parameters
    added = [
        inspect.Parameter(
            "style",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[str, typer.Option("--style", help="A style's id, or a picture to take the style of.")],
        ),
        inspect.Parameter(
            "mix",
            inspect.Parameter.KEYWORD_ONLY,
            default=[],
            annotation=Annotated[list[str], typer.Option("--mix", help="Another style and its share: ID=0.3.")],
        ),
        *(_option(spec) for spec in fields_of(StylizeSettings)),
    ]
    names = [p.name for p in added]

    @functools.wraps(function)
    def verb(**given: Any) -> Any:
        values = {name: given.pop(name) for name in names}
        return function(**given, painting=Painting(values))

    kept = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for name, p in own.items() if name != "painting"]
    verb.__signature__ = inspect.Signature([*kept, *added])  # type: ignore[attr-defined]
    hints = {k: v for k, v in get_type_hints(function, include_extras=True).items() if k != "painting"}
    verb.__annotations__ = {**hints, **{p.name: p.annotation for p in added}}
    del verb.__wrapped__
    return verb


class Painting:
    """The painting options as given; `settings` turns them into fields of a request."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.style: str = values.pop("style")
        self.shares: list[str] = list(values.pop("mix"))
        self.values = values

    def settings(self, known: Callable[[str], str]) -> dict[str, Any]:
        """The checked fields of `StylizeSettings`. `known` turns a style's name or a picture into an id.

        Raises: WrongUse for values out of range.
        """
        fields = {**self.values, "size": pixels_of(self.values["size"]), "mix": mix_of(self.style, self.shares, known)}
        check_fields(StylizeSettings(**fields))
        return fields


def pixels_of(text: str) -> int:
    """Pixels of --size; 0 for full."""
    if text == "full":
        return 0
    try:
        return int(text)
    except ValueError:
        raise WrongUse("--size is a number of pixels or full, not “{value}”.", value=text) from None


def mix_of(style: str, shares: Sequence[str], known: Callable[[str], str]) -> Mix:
    """`--style A --mix B=0.3` is 0.7 of A and 0.3 of B."""
    others: list[tuple[str, float]] = []
    for share in shares:
        name, sign, number = share.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = -1.0
        if not sign or not name or not 0 < weight <= 1:
            raise WrongUse("--mix wants ID=SHARE with a share between 0 and 1, not “{value}”.", value=share)
        others.append((known(name), weight))
    rest = 1 - sum(weight for _, weight in others)
    if rest < -1e-6:
        raise WrongUse("The shares of --mix add up to more than 1.")
    first = [(known(style), rest)] if rest > 1e-6 else []
    return tuple(first + others)


@contextmanager
def stoppable() -> Iterator[CancelToken]:
    """A token that Ctrl-C (or an end signal) cancels, so that work ends cleanly."""
    token = CancelToken()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        token.cancel()

    watched = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, stop) for number in watched}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress_bar(title: str, token: CancelToken, *, quiet: bool = False) -> Iterator[Progress]:
    """A bar on stderr; nothing where stderr is no terminal or `quiet` is asked."""
    if quiet or not sys.stderr.isatty():
        yield Progress(token=token)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=1.0)

        def report(fraction: float, message: str) -> None:
            bars.update(task, completed=fraction, description=f"{title} {message}".strip())

        yield Progress(report, token)


def print_json(value: Any) -> None:
    """One line of JSON on stdout, at once."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def complain(error: ArtDeskError | str) -> None:
    """A sentence on stderr."""
    print(f"artdesk: {error}", file=sys.stderr, flush=True)


def pictures_in(places: Sequence[Path]) -> list[Path]:
    """The pictures named, and those directly in the folders named, in their order."""
    from artdesk.core.pictures import OPEN_SUFFIXES

    found: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = sorted(p for p in place.iterdir() if p.suffix.lower() in OPEN_SUFFIXES and p.is_file())
            if not inside:
                complain(f"there are no pictures in “{place}”.")
            found += inside
        else:
            found.append(place)
    return found
