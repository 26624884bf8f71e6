"""Decode EMG with a decoder that was fitted 16 days earlier, after activity was aligned without labels.

    python benchmarks/cross_day.py [--seeds 0 1 2 3 4] [--networks residual ...] [--recording FILE] [--json FILE]

Alignments are fitted to the first 60 % of both days and choices made on the next 15 %, never with EMG of the later
day; R² is that of the last quarter of the later day. Intervals resample its stretches of 10 s, in pairs with moments.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _common import parser, print_table, write_json
from _cross_day import RECORDING, STRETCH_BINS, EmgDays, Sinkhorn

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
NETWORKS = {
    "published": "MLP CycleGAN as published",
    "residual": "MLP CycleGAN on moments",
    "package": "1D-AGResNet",
    "package_residual": "1D-AGResNet on moments",
}
CRITERION = "covariance"
"""Which of :meth:`EmgDays.criteria` an epoch is chosen by."""


def alignments(days: EmgDays) -> dict[str, tuple[np.ndarray, dict]]:
    """Return R² and criteria of what needs no network, by name."""
    pair = days.pair(STRETCH_BINS)
    found = {}
    for one in fit_baselines(EvaluationSection(), pair):
        rates = days.aligned(one, pair)
        found[NAMES[one.name]] = days.r2(rates), days.criteria(rates)
    try:
        candidates = Sinkhorn.fit_all(pair)
    except ImportError:
        print("Entropic OT is left out: pip install 'cyclegan_neuro[ot]'\n")
        return found
    scored = [days.aligned(one, pair) for one in candidates]
    criteria = [days.criteria(rates) for rates in scored]
    best = chosen(criteria)
    found["entropic OT"] = days.r2(scored[best]), criteria[best]
    return found


def chosen(criteria: list[dict[str, float]]) -> int:
    """Return the place of the best criteria."""
    return int(np.argmin([one[CRITERION] for one in criteria]))


def trained(days: EmgDays, name: str, seeds: list[int]) -> tuple[np.ndarray, dict, list[dict]]:
    """Train a network with every seed.

    Returns
    -------
    (ndarray, dict, list of dict)
        R² and resampled R², averaged over seeds; criteria; per seed R² at the epoch that was chosen, at the best and at
        the last, and at all.
    """
    from _cross_day_networks import LEARNERS, looks

    r2, criteria, of_seeds = [], [], []
    for seed in seeds:
        scores, told = [], []
        for rates in looks(days, LEARNERS[name], seed):
            scores.append(days.r2(rates))
            told.append(days.criteria(rates))
        at, course = chosen(told), [float(score[0]) for score in scores]
        r2.append(scores[at])
        criteria.append(told[at])
        of_seeds.append(
            {
                "network": name,
                "seed": seed,
                "chosen": course[at],
                "best": max(course),
                "worst": min(course),
                "last": course[-1],
            }
        )
        print(of_seeds[-1], flush=True)
    return np.mean(r2, axis=0), {key: float(np.mean([one[key] for one in criteria])) for key in criteria[0]}, of_seeds


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
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options.add_argument("--networks", nargs="*", choices=NETWORKS, default=[*NETWORKS], help="those that are trained")
    arguments = options.parse_args()
    days = EmgDays.read(arguments.recording)
    found, of_seeds = alignments(days), []
    for name in arguments.networks:
        r2, criteria, courses = trained(days, name, arguments.seeds)
        found[NETWORKS[name]] = r2, criteria
        of_seeds += courses
    reference = found[REFERENCE][0]
    table = [row(name, r2, reference, criteria) for name, (r2, criteria) in found.items()]
    table.append(row("trained on the later day", days.r2(days.rates, decoder=days.retrained), reference))
    print_table(table)
    print_table(of_seeds)
    print(f"\nDecoder of day 0 on its own last quarter: {days.r2(days.rates, day=0)[0]:.3f}")
    write_json(arguments.json, {"rows": table, "seeds": of_seeds})


if __name__ == "__main__":
    main()
