"""Statistics of recorded against generated spikes, for the model and for what a sceptic would try."""

from __future__ import annotations

from collections.abc import Mapping

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
    for translator, pair in _in_turn(signals):
        day, generated = PAIRS[pair]
        of_elephant = van_rossum == "elephant" and translator in ("model", "identity") and generated in _DIRECT
        found[pair][translator] = statistics.compare(
            recorded[day], signals[translator][generated], label=f"{translator} {pair}",
            method="elephant" if of_elephant else "fast",
            both_ways=translator == "identity" and pair == "x_from_y",
        )  # fmt: skip
    return {pair: {name: compared[name] for name in signals if name in compared} for pair, compared in found.items()}


def _in_turn(signals: Mapping[str, Mapping[str, SpikeCounts]]) -> list[tuple[str, str]]:
    """Return translators and pairs so that a recorded day follows itself, and both ways of identity each other."""
    wanted = [
        (name, pair) for name, own in signals.items() if name != "recorded" for pair in PAIRS if PAIRS[pair][1] in own
    ]
    first_day = next(iter(PAIRS.values()))[0]

    def turn(each: tuple[str, str]) -> tuple[bool, bool]:
        of_first, is_identity = PAIRS[each[1]][0] == first_day, each[0] == "identity"
        return not of_first, is_identity if of_first else not is_identity

    return sorted(wanted, key=turn)
