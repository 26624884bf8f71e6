"""Whether content carries direction and style time: the four readouts, and the disentanglement score."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Table
from cyclegan_neuro.evaluation.decoding.measurements import Measurements, chance_of
from cyclegan_neuro.evaluation.decoding.scores import Decoding
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES, accuracy, points, span, tell
from cyclegan_neuro.evaluation.verdicts import Claim
from cyclegan_neuro.populations.decoding.disentanglement import READINGS, Disentanglement
from cyclegan_neuro.populations.trials.trials import Label

__all__ = ["claim_of", "claim_sentence", "parting_block"]

_CARRIERS: dict[Label, tuple[str, str]] = {"time": ("style", "content"), "direction": ("content", "style")}
"""What should carry a label, and what should not."""


def parting_block(found: Measurements) -> Block | None:
    """Tell whether the parts of the representation carry what they should; None where nothing is known of it."""
    decoding, scored = found.decoding, found.disentanglement
    labels = [label for label in _CARRIERS if label in decoding.scores] if decoding.parted else []
    if not labels and not scored:
        return None
    tables = []
    if labels:
        tables.append(("Four readouts: accuracy (%), with intervals (95 %) over trials.", _four(decoding, labels)))
    if scored:
        tables.append(("The disentanglement score by its normalisation; in brackets by chance.", _scores(scored)))
    told = tell(
        "parting",
        claims=[claim_sentence(decoding, label) for label in labels],
        ranking=_ranking(found.name, scored) if found.name in scored else "",
        readings=READINGS if scored else {},
    )
    return Block(TITLES["parting"], tables=tuple(tables), **told)


def _ranking(name: str, scored: dict[str, Disentanglement]) -> str:
    """Say how the place of the run's own depends on the normalisation."""
    places = [
        1 + sum(one.scores[reading] > scored[name].scores[reading] for one in scored.values()) for reading in READINGS
    ]
    above = sum(chance_of(scored[name], reading) <= 0.05 for reading in READINGS)
    low, high = min(places), max(places)
    place = f"{low}, under every" if low == high else f"{low} to {high}, depending on the"
    return (
        f"Disentanglement score of {name}: among {len(scored)}, place {place} normalisation, which the paper does not "
        f"give; above chance (p ≤ 0.05) in {above} of {len(READINGS)} readings."
    )


def _scores(scored: dict[str, Disentanglement]) -> Table:
    rows = [
        (label, *(f"{score:.2f} ({one.null[reading].mean():.2f})" for reading, score in one.scores.items()))
        for label, one in scored.items()
    ]
    return Table("disentanglement", ("", *READINGS), tuple(rows))


def claim_of(found: Decoding, label: Label) -> Claim:
    """Return whether the part that should carry a label does, and the other does not."""
    carrier, other = ((found.method, space) for space in _CARRIERS[label])
    scores = found.scores[label]
    of_carrier, of_other = (scores[row].accuracy[1:] for row in (carrier, other))
    return Claim.of(of_carrier, of_other, _carrier_verdict(found, label), found.chance[label])


def _carrier_verdict(found: Decoding, label: Label):
    """Return how the carrier compares with the other part; differences are kept to content."""
    content, style = (found.method, "content"), (found.method, "style")
    verdict = found.scores[label][style].verdict(content)
    return verdict if label == "time" else verdict.turned


def claim_sentence(found: Decoding, label: Label) -> str:
    """Say whether one part carries a label and the other does not, with both numbers."""
    carrier, other = _CARRIERS[label]
    scores = found.scores[label]
    values = [accuracy(scores[found.method, space].accuracy) for space in (carrier, other)]
    verdict = claim_of(found, label)
    beside = scores[found.method, "style"].beside.get((found.method, "content"))
    difference = f"; style minus content {points(beside)}" if beside else ""  # None of one trial
    return (
        f'"{carrier.capitalize()} carries {label}, {other} does not" {verdict.value}: {label} is decoded with '
        f"{values[0]} from {carrier}, {values[1]} from {other} (chance {100 * found.chance[label]:.0f} %"
        f"{difference})."
    )


def _four(found: Decoding, labels: list[Label]) -> Table:
    columns = [column for label in labels for column in (f"{label} (%)", "interval")]
    rows = []
    for space in ("content", "style", "full"):
        cells: list = [space]
        for label in labels:
            one = found.scores[label][found.method, space].accuracy
            cells += [round(100 * one.value, 1), span(one.low, one.high)]
        rows.append(tuple(cells))
    chance = [cell for label in labels for cell in (round(100 * found.chance[label], 1), None)]
    return Table("parts", ("decoded from", *columns), (*rows, ("chance", *chance)))
