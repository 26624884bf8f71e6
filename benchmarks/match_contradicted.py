"""Does the activity find wrong matches? Identities of 5 % of the neurons are permuted on the later day.

    python benchmarks/match_contradicted.py [--seeds 4] [--repeats 10] [--data FOLDER] [--json FILE]

A neuron is named where its share of rivals across days is above a threshold, both days' halves recognise it, and at
most 15 % of the recognised are not recognised across days. Thresholds are compared on simulated seeds and on
environment A of multiday_ca1_linear_track.h5 in FOLDER; other seeds, environment B and multiday_2p_odour_two_days.h5
show what the chosen one does. False alarms are of neurons that were not permuted: a real pair may hold wrong matches
and changed neurons, which are counted as false alarms here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from _common import parser, print_table, write_json

from cyclegan_neuro.recordings.checks import match_activity
from cyclegan_neuro.recordings.checks.match_activity import MatchEvidence, match_evidence
from cyclegan_neuro.recordings.pairing import pair
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days

SHARE = 0.05
THRESHOLDS = (0.2, 0.3, 0.5)
LEARNED = (("behaviour", None), ("gain", 0.4), ("tuning", 0.1), ("tuning", 0.4))
DRIFT, N_NEURONS, RATE_HZ, DURATION_S = 0.3, 100, 8.0, 895.0
DayPair = tuple[Recording, Recording]


def simulated(seeds: range) -> Iterator[tuple[str, DayPair]]:
    """Yield days between which neurons drift, and some of them learn."""
    for kind, share in LEARNED:
        for seed in seeds:
            how = {"n_neurons": N_NEURONS, "frame_rate_hz": RATE_HZ, "duration_s": DURATION_S, "drift": DRIFT}
            days = simulate_days(seed=seed, learning=kind, share=share, **how)
            yield f"simulated: {kind}{f' of {share:.0%}' if share else ' alone'}", days


def linear_track(folder: Path, environment: str) -> Iterator[tuple[str, DayPair]]:
    """Yield sessions of CA1, two and fourteen days apart."""
    from docs.examples.convert_ca1_linear_track import convert, scales

    options = {"around_runs": None, "reverse": False, "indicator": "gcamp6s", "amplitude": 0.5, "noise_level": 2.0}
    with h5py.File(folder / "multiday_ca1_linear_track.h5") as file:
        for mouse in file:
            group = file[f"{mouse}/environment_{environment}"]
            named = argparse.Namespace(**options, seed=1, mouse=mouse, environment=environment)
            scale, rate_hz = scales(group, environment), float(file.attrs["rate_hz"])
            days = {number: convert(group, number, rate_hz, named, scale) for number in (1, 2, 8)}
            for later, apart in ((2, 2), (8, 14)):
                matched = pair(days[1], days[later])
                yield f"CA1 {environment}, {apart} days apart", (matched.x, matched.y)


def odour(folder: Path) -> Iterator[tuple[str, DayPair]]:
    """Yield two days of two mice."""
    from docs.examples.convert_odour_two_days import convert

    with h5py.File(folder / "multiday_2p_odour_two_days.h5") as file:
        for mouse in file:
            days = (convert(file, mouse, day, rate_hz=float(file.attrs["rate_hz"]), level=2.0) for day in (1, 2))
            matched = pair(*days)
            yield f"odour, {mouse}", (matched.x, matched.y)


def permuted(n_neurons: int, seed: int) -> np.ndarray:
    """Return an order in which 5 % of the neurons, two at least, stand in the place of another."""
    order, number = np.arange(n_neurons), max(2, round(SHARE * n_neurons))
    wrong = np.random.default_rng(seed).choice(n_neurons, number, replace=False)
    order[wrong] = np.roll(wrong, 1)
    return order


def named(evidence: MatchEvidence, threshold: float) -> np.ndarray:
    """Return whether each neuron would be named with this threshold, whatever the share that is not recognised."""
    return evidence.recognisable & (evidence.rivals > threshold)


def measure(days: DayPair, repeats: int) -> dict[str, float]:
    """Return what one pair gives: as it is, and with permuted identities."""
    x, y = days
    as_it_is = match_evidence(x, y)
    one_off = match_evidence(x, y.select_neurons(np.roll(np.arange(y.n_neurons), 1)))
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(float(value))

    for seed in range(repeats):
        order = permuted(x.n_neurons, seed)
        evidence = match_evidence(x, y.select_neurons(order), permutations=0)
        wrong = order[evidence.columns] != evidence.columns
        note("not recognised, 5 % permuted", evidence.unsupported)
        note("told", bool(evidence.unsupported <= match_activity.MAX_UNSUPPORTED))
        for threshold in THRESHOLDS:
            told = named(evidence, threshold)
            note(f"found > {threshold}", told[wrong].mean())
            note(f"false > {threshold}", told[~wrong].mean())
    return {
        "neurons": x.n_neurons,
        "rivals": as_it_is.rivals.mean(),
        "halves": (as_it_is.within_x.mean() + as_it_is.within_y.mean()) / 2,
        "recognisable": as_it_is.recognisable.mean(),
        "not recognised": as_it_is.unsupported,
        "unsupported": float(as_it_is.unlike),
        "unsupported, one off": float(one_off.unlike),
        **{name: float(np.mean(values)) for name, values in found.items()},
    }


def main() -> None:
    """Measure every pair; print the mean of each kind."""
    options = parser(__doc__.splitlines()[0], repeats=10)
    options.add_argument("--seeds", type=int, default=4, help="simulated days to choose on, and as many to test (4)")
    options.add_argument("--data", type=Path, metavar="FOLDER", help="with the published recordings")
    options = options.parse_args()
    sets = [
        ("choose", simulated(range(1, options.seeds + 1))),
        ("test", simulated(range(101, options.seeds + 101))),
    ]
    if options.data:
        sets[1:1] = [("choose", linear_track(options.data, "A"))]
        sets += [("test", linear_track(options.data, "B")), ("test", odour(options.data))]
    rows: dict[tuple[str, str], list[dict]] = {}
    for role, pairs in sets:
        for name, days in pairs:
            rows.setdefault((role, name), []).append(measure(days, options.repeats))
    table = [
        {"": role, "days": name, "pairs": len(of_pairs)}
        | {key: float(np.mean([one[key] for one in of_pairs])) for key in of_pairs[0]}
        for (role, name), of_pairs in rows.items()
    ]
    print_table(table)
    write_json(options.json, {"rows": table})


if __name__ == "__main__":
    main()
