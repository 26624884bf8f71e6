"""How well held-out activity is reconstructed, by direction, by time and in example neurons."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.decoding import pictures
from cyclegan_neuro.evaluation.decoding.measurements import Measurements
from cyclegan_neuro.evaluation.decoding.reconstruction import AVERAGE, MEAN, Reconstruction
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES, tell
from cyclegan_neuro.evaluation.verdicts import Verdict

__all__ = ["reconstruction_block"]


def reconstruction_block(found: Measurements) -> Block | None:
    """Compare reconstructions of held-out bins; None where the model has no decoder."""
    one, trials = found.reconstruction, found.prepared.trials
    if one is None:
        return None
    own, unit = next(iter(one.labels)), trials.unit
    others = sorted((key for key in found.compared if key in one.labels), key=lambda key: one.rmse[key][0])
    told = tell(
        "reconstruction", name=found.name, unit=unit,
        copies=[_compared(one, key, one.rmse) for key in (MEAN, *others[:1])],
        unlearned=Verdict.of(one.rmse[own][0], one.rmse[MEAN][0]) is not Verdict.BETTER,
        elsewhere=_compared(one, AVERAGE, one.rmse_elsewhere) if one.rmse_elsewhere else "",
        own=significant(one.rmse[own][0]),
    )  # fmt: skip
    shown = [own, *others[:1], *([AVERAGE] if AVERAGE in one.labels else [])]
    drawn = []
    if len(one.by_condition[own]) or len(one.by_time[own]):
        drawn = [
            Picture(
                "reconstruction_errors", "Errors of reconstructed held-out bins, by direction and by time.",
                pictures.reconstruction_errors(one, own=own, unit=unit), "Figure 4 C, D",
            ),
            Picture(
                "example_neurons",
                "Averages over held-out trials, recorded and reconstructed, of the neurons whose averages over "
                "training trials vary most.",
                pictures.example_neurons(
                    one, shown=shown, neurons=found.prepared.neurons, n_conditions=trials.n_conditions,
                    n_times=found.prepared.n_times, bin_s=trials.bin_s, unit=unit,
                ),
                "Figure 4 A, B",
            ),
        ]  # fmt: skip
    caption = f"Root mean square errors over bins and neurons ({unit}), with intervals (95 %) over trials."
    return Block(TITLES["reconstruction"], tables=((caption, _table(one, unit)),), pictures=tuple(drawn), **told)


def _compared(found: Reconstruction, key: str, errors: dict) -> str:
    """Say how the run's own error compares with another one."""
    own = next(iter(found.labels))
    verdict = Verdict.of(errors[own][0], errors[key][0])
    what = "the " * (key in (AVERAGE, MEAN)) + found.labels[key]
    return f"{verdict.than} {what} ({significant(errors[own][0])} against {significant(errors[key][0])})"


def _table(found: Reconstruction, unit: str) -> Table:
    columns = ["", f"of the bin itself ({unit})", "interval"]
    if found.rmse_elsewhere:
        columns += [f"of other trials like it ({unit})", "interval"]
    rows = []
    for key, label in found.labels.items():
        cells: list = [label]
        for errors in (found.rmse, found.rmse_elsewhere):
            if errors:
                value, low, high = errors[key]
                cells += [value, f"{significant(low)} to {significant(high)}"]
        rows.append(tuple(cells))
    return Table("reconstruction", tuple(columns), tuple(rows))
