"""Decode EMG with a decoder that was fitted 16 days earlier, after activity was aligned without labels.

    python benchmarks/cross_day.py [--recording FILE] [--json FILE]

Alignments are fitted to the first 60 % of both days, choices are made on the next 15 %, never with EMG of the later
day; R² is that of the last quarter of the later day. Intervals resample its stretches of 10 s, in pairs with moments.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _common import parser, print_table, write_json
from _cross_day import RECORDING, EmgDays, Sinkhorn

from cyclegan_neuro.evaluation.days.baselines import fit_baselines
from cyclegan_neuro.evaluation.days.sections import EvaluationSection

REFERENCE = "moments"
NAMES = {
    "identity": "as it is",
    "moment_matching": REFERENCE,
    "quantile_matching": "quantiles",
    "gaussian_ot": "Gaussian OT",
    "lagged_ot": "lagged OT",
}
_STRETCH_BINS = 200  # of continuous time


def alignments(days: EmgDays) -> dict[str, tuple[np.ndarray, dict]]:
    """Return R² and criteria of what needs no network, by name."""
    pair = days.pair(_STRETCH_BINS)
    found = {}
    for one in fit_baselines(EvaluationSection(), pair):
        rates = days.aligned(one, pair)
        found[NAMES[one.name]] = days.r2(rates), days.criteria(rates, pair)
    try:
        candidates = Sinkhorn.fit_all(pair)
    except ImportError:
        print("Entropic OT is left out: pip install 'cyclegan_neuro[ot]'\n")
        return found
    scored = [(days.aligned(one, pair), one) for one in candidates]
    criteria = [days.criteria(rates, pair) for rates, _ in scored]
    best = int(np.argmin([one["energy"] for one in criteria]))
    found["entropic OT"] = days.r2(scored[best][0]), criteria[best]
    return found


def row(name: str, r2: np.ndarray, reference: np.ndarray, criteria: dict | None = None) -> dict:
    """Return a line of the table; ``r2`` and ``reference`` begin with the value, and go on with the resampled ones."""
    low, high = np.percentile(r2[1:], (2.5, 97.5))
    difference = r2 - reference
    least, most = np.percentile(difference[1:], (2.5, 97.5))
    told = {"alignment": name, "R²": r2[0], "low": low, "high": high}
    told |= {"- moments": difference[0], "from": least, "to": most}
    return told | (criteria or {"energy": None, "covariance": None})


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("--recording", type=Path, default=RECORDING, help="HDF5 file with day_0 and day_16")
    arguments = options.parse_args()
    days = EmgDays.read(arguments.recording)
    found = alignments(days)
    reference = found[REFERENCE][0]
    table = [row(name, r2, reference, criteria) for name, (r2, criteria) in found.items()]
    table.append(row("trained on the later day", days.r2(days.rates, decoder=days.retrained), reference))
    print_table(table)
    print(f"\nDecoder of day 0 on its own last quarter: {days.r2(days.rates, day=0)[0]:.3f}")
    write_json(arguments.json, {"rows": table})


if __name__ == "__main__":
    main()
