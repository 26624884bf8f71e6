"""Is a change more than drift? False positives and power on simulated days, then recorded sessions with a null.

    python benchmarks/beyond_drift.py simulated [--seeds 5] [--json FILE]
    python benchmarks/beyond_drift.py recorded --data FOLDER [--json FILE]

``simulated`` asks pairs of days about learning that was put in (none, tuning, remapping, correlations), on top of a
drift of every neuron that the null pairs have too: other simulated mice in which nothing was learned. ``recorded``
takes fear_learning_sessions.h5, multiday_ca1_linear_track.h5 and multiday_2p_odour_two_days.h5 in FOLDER. Every row is
one asked pair (or the mean over seeds) and one kind of change.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
from _common import parser, print_table, write_json

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.null.compare import Against, DayPair, against_halves, against_pairs, laps_of_pairs
from cyclegan_neuro.recordings.pairing import pair
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.simulate.presets import NOVICE, PRESETS

DRIFT, N_NULLS, N_NEURONS, RATE_HZ = 0.2, 3, 64, 8.0
STEADY = "runs as a novice on both days"
ASKED = (
    ("behaviour", None), ("tuning", 0.1), ("tuning", 0.2), ("tuning", 0.4), ("remapping", 0.2), ("correlations", 0.4),
)  # fmt: skip
SHIFTS_CM = (0, 5, 10, 20, 40, 160)


@lru_cache(maxsize=64)
def simulated(
    kind: str, share: float | None, seed: int, *, preset: str = "mouse_1", drift: float = DRIFT, seconds: float = 895.0
) -> DayPair:
    """Return two days of one simulated mouse."""
    how = {"preset": preset, "seed": seed, "duration_s": seconds, "frame_rate_hz": RATE_HZ, "n_neurons": N_NEURONS}
    return simulate_days(**how, learning=kind, share=share, drift=drift)


def nulls(seed: int, *, n: int = N_NULLS, **how) -> list[DayPair]:
    """Return pairs of other mice, which learned nothing."""
    return [simulated("behaviour", None, 1000 + 10 * seed + number, **how) for number in range(n)]


def compare(asked: DayPair, without_learning: list[DayPair], bin_cm: float = 4.0) -> Against:
    """Hold a pair of days against null pairs; against halves of its own days if there are none."""
    laps = laps_of_pairs([asked, *without_learning], used=None, section=InterpretationSection(), bin_cm=bin_cm)
    found = against_pairs(laps, own=False, seed=0) if without_learning else against_halves(laps, seed=0)
    if found is None:
        raise SystemExit("too few laps")
    return found


def rates(found: Against, changed: np.ndarray) -> dict[str, dict[str, float]]:
    """Return shares of neurons by kind of change."""
    of = {}
    for kind, change in found.changes.items():
        groups = {"unchanged": ~changed, "changed": changed}
        own = {f"p {name}": np.mean(change.p[which] <= 0.05) for name, which in groups.items() if which.any()}
        own |= {f"q {name}": np.mean(change.found[which]) for name, which in groups.items() if which.any()}
        of[kind] = {name: float(value) for name, value in own.items()} | {"beyond": float(bool(change.share.beyond))}
    return of


def on_simulated_days(seeds: int) -> tuple[list[dict], list[dict]]:
    """Return the table of false positives and power, and that of power by the distance fields moved."""
    PRESETS[STEADY] = replace(PRESETS["mouse_1"], number=5, expert=NOVICE)
    novice = {"preset": STEADY}
    cases = [("drift as in the null", kind, share, {}, {}) for kind, share in ASKED]
    cases += [("eight null pairs", kind, share, {}, {"n": 8}) for kind, share in ASKED[:4]]
    cases += [
        ("null: behaviour does not change", "behaviour", None, {}, novice),
        ("asked: behaviour does not change", "behaviour", None, novice, {}),
        ("null: half as long", "behaviour", None, {}, {"seconds": 447.5}),
        ("asked: half as long", "behaviour", None, {"seconds": 447.5}, {}),
        ("drift 0.3, null 0.2", "behaviour", None, {"drift": 0.3}, {}),
        ("drift 0.6, null 0.2", "behaviour", None, {"drift": 0.6}, {}),
    ]
    rows, moves = [], []
    for case, kind, share, of_asked, of_null in cases:
        found = []
        for seed in range(1, seeds + 1):
            asked = simulated(kind, share, seed, **of_asked)
            against, truth = compare(asked, nulls(seed, **of_null)), asked[0].truth
            found.append(rates(against, truth.changed))
            if kind == "remapping":
                moves.append((np.abs(truth.field_after_cm - truth.field_before_cm), against.changes))
        for change in found[0]:
            values = [one[change] for one in found]
            means = {name: float(np.mean([one.get(name, np.nan) for one in values])) for name in COLUMNS}
            rows.append(
                {"case": case, "learned": kind if share is None else f"{kind} {share:g}", "change": change} | means
            )
        print_table(rows[-len(found[0]) :])
    return rows, by_distance(moves)


COLUMNS = ("p unchanged", "q unchanged", "p changed", "q changed", "beyond")


def by_distance(moves: list[tuple[np.ndarray, dict]]) -> list[dict]:
    """Return the share of neurons found by how far their place field moved."""
    rows = []
    distance = np.concatenate([moved for moved, _ in moves])
    for low, high in pairwise(SHIFTS_CM):
        inside = (distance >= low) & (distance < high)
        row = {"field moved (cm)": f"{low}-{high}", "n": int(inside.sum())}
        for kind in moves[0][1] if inside.any() else ():
            found = np.concatenate([changes[kind].found for _, changes in moves])
            row[kind] = float(found[inside].mean())
        rows.append(row)
    return rows


def fear(folder: Path) -> Iterator[tuple[str, DayPair, list[DayPair]]]:
    """Home cage before and after fear conditioning, against home cages after it, of both mice; 10 Hz is assumed."""
    with h5py.File(folder / "fear_learning_sessions.h5") as file:
        cages = {
            mouse: [
                Recording(file[f"{mouse}/{name}/traces"][()].astype(np.float32), 10.0, subject=mouse, session=name)
                for name in ("hc0", "hc1", "hc2")
            ]
            for mouse in file
        }
    without = [(hc1, hc2) for _, hc1, hc2 in cages.values()]
    for mouse, (hc0, hc1, _) in cages.items():
        yield f"fear {mouse}: hc0 to hc1", (hc0, hc1), without


def linear_track(folder: Path) -> Iterator[tuple[str, DayPair, list[DayPair]]]:
    """First against last session, against second to last of all; then first to second, against later neighbours."""
    from docs.examples.convert_ca1_linear_track import convert, scales

    options = argparse.Namespace(around_runs=None, reverse=False, indicator="gcamp6s", amplitude=0.5, noise_level=2.0)
    far: dict[str, tuple[DayPair, DayPair]] = {}
    with h5py.File(folder / "multiday_ca1_linear_track.h5") as file:
        for mouse in file:
            for name in "AB":
                environment = file[f"{mouse}/environment_{name}"]
                named = argparse.Namespace(**vars(options), seed=1, mouse=mouse, environment=name)
                scale, rate_hz = scales(environment, name), float(file.attrs["rate_hz"])
                days = [convert(environment, number, rate_hz, named, scale) for number in range(1, 9)]
                near = [matched(*two) for two in pairwise(days)]
                yield f"CA1 {mouse} {name}: 1 to 2", near[0], near[1:]
                far[f"CA1 {mouse} {name}"] = matched(days[0], days[7]), matched(days[1], days[7])
    for name, (asked, _) in far.items():
        yield f"{name}: 1 to 8", asked, [without for _, without in far.values()]


def matched(x: Recording, y: Recording) -> DayPair:
    both = pair(x, y)
    return both.x, both.y


def odours(folder: Path) -> Iterator[tuple[str, DayPair, list[DayPair]]]:
    """Two days of an odour task: there is no null but their halves."""
    from docs.examples.convert_odour_two_days import convert

    with h5py.File(folder / "multiday_2p_odour_two_days.h5") as file:
        for mouse in ("mouse_91", "mouse_991"):
            how = {"rate_hz": float(file.attrs.get("rate_hz", 5.0)), "level": 2.0}
            yield f"odours {mouse}: day 1 to 2", matched(*(convert(file, mouse, d, **how) for d in (1, 2))), []


def on_recorded_sessions(folder: Path) -> list[dict]:
    """Return one row per asked pair and kind of change."""
    rows = []
    for source in (fear, odours, linear_track):
        for name, asked, without in source(folder):
            found = compare(asked, without)
            for kind, change in found.changes.items():
                share = change.share
                rows.append({
                    "asked": name, "change": kind, "neurons": int(np.isfinite(change.effect).sum()),
                    "null pairs": len(without) or "halves", "median": float(np.nanmedian(change.effect)),
                    "null median": float(np.mean([np.nanmedian(null) for null in change.nulls])),
                    "found (q)": int(change.found.sum()), "share above": share.share,
                    "null shares": f"{min(share.null):.2f}-{max(share.null):.2f}",
                    "bound": share.bound, "beyond": {None: "cannot be told", True: "yes", False: "no"}[share.beyond],
                })  # fmt: skip
            print_table(rows[-len(found.changes) :])
    return rows


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("what", choices=("simulated", "recorded"))
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the recorded sets")
    arguments = options.parse_args()
    if arguments.what == "simulated":
        rows, distances = on_simulated_days(arguments.seeds)
        print_table(distances)
        write_json(arguments.json, {"rates": rows, "by_distance": distances})
    else:
        rows = on_recorded_sessions(arguments.data)
        write_json(arguments.json, rows)


if __name__ == "__main__":
    main()
