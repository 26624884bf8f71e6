"""Statistics of recorded against generated spikes, for the model and for what a sceptic would try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyclegan_neuro.evaluation.days.names import PAIRS
from cyclegan_neuro.evaluation.days.spiking.statistics import PairStatistics, StatisticsOf
from cyclegan_neuro.spikes.counts import SpikeCounts

__all__ = ["compare_signals"]

_DIRECT = ("f_y", "g_x")


def compare_signals(
    statistics: StatisticsOf, signals: Mapping[str, Mapping[str, SpikeCounts]], *, van_rossum: str
) -> dict[str, dict[str, PairStatistics]]:
    """Compare the pairs of section 3.2 for every translator.

    Parameters
    ----------
    statistics : StatisticsOf
    signals : mapping
        Translator → signal, named as in Translation, → spikes. ``"recorded"`` holds x and y. A translator has
        only the signals that say something: identity and exactly invertible alignments have no cycles.
    van_rossum : {"elephant", "fast"}
        For identity and the model's translations; its cycles and the alignments are always compared from counts, which
        agrees to 1e-10.

    Returns
    -------
    dict
        Pair → translator → statistics.
    """
    found: dict[str, dict[str, PairStatistics]] = {pair: {} for pair in PAIRS}
    recorded = signals["recorded"]
    translators = [name for name in signals if name != "recorded"]
    of_elephant = [name for name in translators if van_rossum == "elephant" and name in ("model", "identity")]
    for pair, name in _in_turn(of_elephant):
        day, generated = PAIRS[pair]
        found[pair][name] = statistics.compare(
            recorded[day], signals[name][generated], label=f"{name} {pair}", method="elephant",
            both_ways=name == "identity" and pair == "x_from_y",
        )  # fmt: skip
    for pair, (day, generated) in PAIRS.items():
        left = [name for name in translators if generated in signals[name] and name not in found[pair]]
        found[pair] |= statistics.compare_all(
            recorded[day], {name: signals[name][generated] for name in left}, label=pair
        )
    return {pair: {name: compared[name] for name in signals if name in compared} for pair, compared in found.items()}


def _in_turn(translators: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs so that a recorded day follows itself, and the two ways of identity each other."""
    first, second = (pair for pair, (_, generated) in PAIRS.items() if generated in _DIRECT)
    identity_last = sorted(translators, key="identity".__eq__)
    return [(first, name) for name in identity_last] + [(second, name) for name in reversed(identity_last)]
