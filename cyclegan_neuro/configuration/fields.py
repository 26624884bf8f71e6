"""The strict base of every section and the one way to declare a field."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as _Field

__all__ = ["Section", "setting"]


class Section(BaseModel):
    """A configuration section: frozen, no unknown keys, no silent casts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def setting(default: Any, description: str, *, unit: str = "", paper: Any = None, **limits: Any):
    """Declare a field with its description, unit and paper value.

    Parameters
    ----------
    default : object
        Default value.
    description : str
        One sentence, shown by ``train.py --describe``.
    unit : str
        Unit, or empty for a pure number or a name.
    paper : object, optional
        Value in Li et al. (Table C.1 unless the description says otherwise).
    **limits
        Passed to :func:`pydantic.Field` (``ge``, ``gt``, ``le``, ``lt``, ...).
    """
    extra = {"unit": unit, "paper": paper}
    if isinstance(default, type) and issubclass(default, BaseModel):
        return _Field(default_factory=default, description=description, json_schema_extra=extra)
    return _Field(default, description=description, json_schema_extra=extra, **limits)
