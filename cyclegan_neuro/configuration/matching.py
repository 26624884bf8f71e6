"""The section of a match table: which ROIs of the two days are the same neuron."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from cyclegan_neuro.configuration.fields import Contradiction, InputFile, Section, Words, setting

__all__ = ["MatchingSection"]

_SESSIONS = Words("[session of x, session of y], counted from 1")


def _as_sessions(value: Any) -> Any:
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(type(number) is int for number in value)
    if not pair or min(value) < 1 or value[0] == value[1]:
        raise ValueError(f"expected {_SESSIONS.text}")
    return tuple(value)


_TYPICAL = (
    "rows where the table counts all ROIs of the program that found them (Suite2p's rows), columns where it counts the "
    "neurons that are read, in their order, roi_ids where it has their ids"
)


class MatchingSection(Section):
    """The table of a registration tool (docs/data_formats.md)."""

    path: InputFile = setting("", "File that holds the table; relative to the configuration file.")
    kind: Literal["cellreg", "track2p", "roicat", "caiman", "pairs"] | None = setting(
        None, "The tool that wrote it, or pairs: text with two columns, of x and of y."
    )
    indices: Literal["columns", "rows", "roi_ids"] | None = setting(
        None,
        "What its numbers are: columns of the matrices as they are read; rows of the program that found the ROIs, some "
        "of which may not be read (roi_rows); or the days' roi_ids.",
    )
    sessions: Annotated[tuple[int, int], BeforeValidator(_as_sessions), _SESSIONS] | None = setting(
        None, "Which sessions of the table are x and y, counted from 1; [1, 2] when absent, if there are two."
    )
    index_base: Literal[0, 1] | None = setting(
        None, "What pairs of columns or rows count from; every tool's own base is known."
    )
    min_score: float | None = setting(
        None, "Least confidence of a match (CellReg's cell_scores, ROICaT's cluster_silhouette) that is kept."
    )

    @model_validator(mode="after")
    def _is_whole(self):
        for key, expected, fix in (
            ("path", "the file with the table", "name it in data.matching.path"),
            ("kind", "cellreg, track2p, roicat, caiman or pairs", "set data.matching.kind"),
            ("indices", "columns, rows or roi_ids", f"set data.matching.indices: {_TYPICAL}"),
        ):
            if not getattr(self, key):
                raise Contradiction(key, got="nothing", expected=expected, fix=fix)
        counted = self.kind == "pairs" and self.indices != "roi_ids"
        if counted != (self.index_base is not None):
            raise Contradiction(
                "index_base", got="nothing" if counted else f"{self.index_base}",
                expected="0 or 1, what the pairs count from" if counted else "none but for pairs of numbers",
                fix="set data.matching.index_base: 1 if the first neuron is 1" if counted else "remove it",
            )  # fmt: skip
        return self
