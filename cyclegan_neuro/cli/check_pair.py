"""``cyclegan-neuro check X Y``: two days as training would match them, and what is implausible about the match."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.cli.reading import recording_section

if TYPE_CHECKING:
    from cyclegan_neuro.configuration.matching import MatchingSection
    from cyclegan_neuro.recordings.pairing import Pair

__all__ = ["add_pair_options", "check_pair", "pair_summary"]


def add_pair_options(parser: argparse.ArgumentParser) -> None:
    """Add the other day, and how neurons are matched."""
    parser.add_argument("other", nargs="?", help="the other day, read with the same options: the two are matched")
    parser.add_argument(
        "--match", action="append", default=[], metavar="KEY=VALUE",
        help="a setting of data.matching, for example path=map.mat, kind=cellreg, indices=columns; repeat for more",
    )  # fmt: skip
    parser.add_argument(
        "--assume_same_order", action="store_true", help="match by column: I know that these are the same neurons"
    )


def check_pair(options: argparse.Namespace) -> tuple[Pair, dict[str, Any]]:
    """Read and match two days.

    Returns
    -------
    (Pair, dict)
        The pair with all findings, and what a configuration would say to have it.

    Raises
    ------
    UserError
        If a day cannot be read, has a critical finding, or cannot be matched.
    """
    # Here and not above, so that --help does not wait for scipy and pydantic.
    from cyclegan_neuro.recordings.checks.match_activity import contradicted
    from cyclegan_neuro.recordings.pairing import read_pair

    days = {"x": recording_section(options.file, options), "y": recording_section(options.other, options)}
    matching = _matching(options.match)
    same_order = options.assume_same_order
    pair = read_pair(days["x"], days["y"], base_directory=Path(), assume_same_order=same_order, matching=matching)
    data: dict[str, Any] = {name: section.model_dump(exclude_defaults=True) for name, section in days.items()}
    data |= {"assume_same_order": True} if same_order else {}
    data |= {"matching": matching.model_dump(mode="json", exclude_defaults=True)} if matching else {}
    return replace(pair, findings=(*pair.findings, *contradicted(pair.x, pair.y))), data


def pair_summary(pair: Pair) -> str:
    """Return a line per day, and one for both."""
    days = [
        f"{name}           {day.label}: {day.n_frames:,} frames, {day.frame_rate_hz:g} Hz, {day.duration_s:,.1f} s"
        for name, day in (("x", pair.x), ("y", pair.y))
    ]
    return "\n".join([*days, f"neurons     {pair.x.n_neurons:,} matched"])


def _matching(settings: list[str]) -> MatchingSection | None:
    if not settings:
        return None
    from pydantic import ValidationError

    from cyclegan_neuro.configuration.loading import default_source, with_settings
    from cyclegan_neuro.configuration.matching import MatchingSection
    from cyclegan_neuro.configuration.problems import explain

    values = {key: value for key, value in default_source("", overrides=settings).values.items() if key != "system"}
    told = {key: f"--match {key}" for key in values}
    source = with_settings(default_source(""), values, told=told, folder=Path())
    del source.values["system"]
    try:
        return MatchingSection.model_validate(source.values)
    except ValidationError as error:
        raise explain(error, MatchingSection, source.where) from None
