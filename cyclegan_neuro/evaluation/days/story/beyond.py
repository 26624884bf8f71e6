"""Is it more than drift: what changed between the days beside what changes without learning."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.null.compare import LEAST_LAPS, Against, Change
from cyclegan_neuro.evaluation.days.null.effects import KINDS
from cyclegan_neuro.evaluation.days.null.measure import NULLS, BeyondDrift
from cyclegan_neuro.evaluation.days.null.ranks import LEAST_PAIRS
from cyclegan_neuro.evaluation.days.story.wording import tell
from cyclegan_neuro.evaluation.wording import percent, plural
from cyclegan_neuro.figures.curves import Curve, curve_panels
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED

__all__ = ["beyond_block"]

_KINDS = {
    "activity": "mean activity (SD of laps)",
    "tuning": "tuning curve (SD of visits)",
    "shape": "shape of tuning (1 − r)",
    "correlations": "noise correlations (median)",
}
_SHORT = {
    "activity": "mean activity",
    "tuning": "tuning curves",
    "shape": "shapes of tuning curves",
    "correlations": "noise correlations",
}
_LAPS = {"position": "laps", "event": "events", "none": "stretches of 10 s"}


def beyond_block(found: BeyondDrift | None) -> Block | None:
    """Tell whether the days differ by more than days without learning; None where nothing was compared."""
    if found is None:
        return None
    pairs, kinds = found.against.get("pairs"), _kinds(found)
    told = tell(
        "beyond",
        halves=_sentence(found.against.get("halves")),
        pairs=_sentence(pairs),
        n_pairs=found.n_pairs,
        too_short=found.n_pairs > 0 and pairs is None,
        own=pairs is not None and pairs.own,
        beyond=[] if pairs is None else [_claim(kind, own) for kind, own in pairs.changes.items() if own.share.beyond],
        asked=[_SHORT[kind] for kind in kinds],
        can_tell=pairs is not None and all(own.share.beyond is not None for own in pairs.changes.values()),
        least_pairs=LEAST_PAIRS,
        least_laps=2 * LEAST_LAPS,
        laps=_LAPS[found.places],
    )
    caption = (
        "Change of neurons between the days beyond what halves of a day differ by (0: none), beside the same between "
        f"{' and between '.join(NULLS[null] for null in found.against)}. q: adjusted for the false-discovery rate "
        "among neurons. Bound: what another pair without learning stays below with 95 %, all rows together. ρ: "
        "Spearman's correlation over neurons with |G(X) − X|."
    )
    return Block("Is it more than drift?", tables=((caption, _table(found)),), pictures=(_picture(found),), **told)


def _kinds(found: BeyondDrift) -> list[str]:
    """What was compared with every null."""
    return [kind for kind in KINDS if all(kind in against.changes for against in found.against.values())]


def _sentence(against: Against | None) -> str:
    if against is None:
        return ""
    told = ", ".join(f"{_SHORT[kind]} {change.found.sum()}" for kind, change in against.changes.items())
    return f"{told}, of {plural(len(next(iter(against.changes.values())).effect), 'neuron')}"


def _claim(kind: str, change: Change) -> str:
    return f"{_SHORT[kind]} {percent(change.share.share)} (bound {percent(change.share.bound)})"


def _table(found: BeyondDrift) -> Table:
    rows = []
    for null, against in found.against.items():
        for kind, change in against.changes.items():
            share, (rho, _) = change.share, change.likeness(found.moved)
            rows.append((
                NULLS[null], _KINDS[kind], float(np.nanmedian(change.effect)),
                ", ".join(significant(float(np.nanmedian(own)), digits=2) for own in change.nulls),
                int(change.found.sum()), change.least_p,
                f"{percent(share.share)} [{percent(share.ci95[0])}, {percent(share.ci95[1])}]",
                None if share.bound is None else percent(share.bound), rho,
            ))  # fmt: skip
    columns = (
        "against", "change of", "median", "median of each null pair", "neurons with q ≤ 0.05", "smallest p possible",
        "neurons above the null's 95th percentile", "bound", "ρ",
    )  # fmt: skip
    return Table("beyond_drift", columns, tuple(rows))


def _picture(found: BeyondDrift) -> Picture:
    share = np.linspace(0, 1, 101)
    panels = []
    for kind in _kinds(found):
        curves = []
        for null, against in found.against.items():
            style = {"colour": DAY_X, "linestyle": ":"} if null == "halves" else {"colour": MUTED}
            curves += [
                Curve("_" if number else NULLS[null], np.nanquantile(own, share), **style)
                for number, own in enumerate(against.changes[kind].nulls)
            ]
        last = found.against.get("pairs", next(iter(found.against.values())))
        curves.append(Curve("these days", np.nanquantile(last.changes[kind].effect, share), DAY_Y))
        panels.append((_KINDS[kind], curves))
    figure = curve_panels(panels, x=share, xlabel="share of neurons", ylabel="change")
    caption = (
        "Neurons from the least to the most changed, between these days, and between sessions or halves of a day "
        "without learning. Where the curves of the null reach as high, the change says nothing about learning."
    )
    return Picture("beyond_drift", caption, figure, counterpart="")
