"""What a request's fields say of themselves: panels and command-line options are built from this."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from artdesk.core.errors import WrongUse


@dataclass(frozen=True)
class Field:
    """Title, range and meaning of one field. `hidden` fields have no control of their own."""

    title: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class FieldSpec:
    """One declared field: its name, plain type, default value and description."""

    name: str
    type: Any
    default: Any
    field: Field


def fields_of(cls: type[Any]) -> tuple[FieldSpec, ...]:
    """The described fields of a frozen dataclass, in their order; undescribed ones are left out."""
    hints = get_type_hints(cls, include_extras=True)
    specs = []
    for entry in dataclasses.fields(cls):
        hint = hints[entry.name]
        if get_origin(hint) is not Annotated:
            continue
        plain, *notes = get_args(hint)
        described = next((n for n in notes if isinstance(n, Field)), None)
        if described is not None:
            default = None if entry.default is dataclasses.MISSING else entry.default
            specs.append(FieldSpec(entry.name, plain, default, described))
    return tuple(specs)


def check_fields(request: Any) -> None:
    """Raise `WrongUse` when a described field lies outside its range or choices."""
    for spec in fields_of(type(request)):
        value, field = getattr(request, spec.name), spec.field
        if field.choices and value not in field.choices:
            raise WrongUse(
                "{title} must be one of {choices}, not “{value}”.",
                title=field.title,
                choices=", ".join(field.choices),
                value=value,
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        low = field.minimum if field.minimum is not None else -math.inf
        high = field.maximum if field.maximum is not None else math.inf
        if math.isnan(value) or not low <= value <= high:
            raise WrongUse(
                "{title} must lie between {low:g} and {high:g}, not {value:g}.",
                title=field.title,
                low=low,
                high=high,
                value=value,
            )
