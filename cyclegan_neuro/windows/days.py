"""From the configuration's sources to prepared days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.checks import check, require
from cyclegan_neuro.recordings.checks.match_activity import contradicted
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.pairing import Pair, describe_inputs, pair, read_pair
from cyclegan_neuro.recordings.permuting import permute_identities
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.shuffling import shuffle_days
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.simulate.phi import phi_recording
from cyclegan_neuro.windows.prepare import learn_order, prepare_pair
from cyclegan_neuro.windows.prepared import NeuronOrder, PreparedPair
from cyclegan_neuro.windows.segmentation import allowed_stretches, legal_starts

__all__ = ["configured_days", "prepare_days"]


def prepare_days(
    data: DataSection,
    windows: WindowsSection,
    ordering: OrderingSection,
    *,
    seed: int,
    run_directory: Path | None = None,
) -> PreparedPair:
    """Read or simulate both days, check and match them, cut, order and scale them.

    Parameters
    ----------
    data, windows, ordering : sections
    seed : int
        Of what is drawn on the way.
    run_directory : Path, optional
        Keeps order and scaling; what is there already is read instead of learned again.

    Raises
    ------
    RecordingError, PairingError, WindowError
        On input that cannot be used, before anything is written or trained.
    """
    days, order = configured_days(data), None
    phi_of_windows = data.source == "phi"
    if data.shuffle_days:
        if phi_of_windows:  # before the mixture: Φ comes after the ordering, and is part of what is mixed
            settings = {"windows": windows, "ordering": ordering, "seed": seed}
            order = learn_order(days.x, None, **settings, run_directory=run_directory)
        days, windows = _mixed(days, data, windows, order, seed=seed)
        phi_of_windows = False  # blocks of Φ(x) stand on both days
    return prepare_pair(
        days.x,
        None if phi_of_windows else days.y,
        data=data,
        windows=windows,
        ordering=ordering,
        seed=seed,
        findings=days.findings,
        notes=days.notes,
        inputs=describe_inputs(days),
        run_directory=run_directory,
        order=order,
    )


def configured_days(section: DataSection) -> Pair:
    """Read or simulate both days, check and match them; with source ``phi`` the y of the pair is x itself.

    Raises
    ------
    RecordingError, PairingError
        On recordings that cannot be used.
    """
    return permute_identities(_configured(section), share=section.permuted_share, seed=section.permuted_seed)


def _configured(section: DataSection) -> Pair:
    if section.source == "files":
        days = read_pair(
            section.x,
            section.y,
            base_directory=Path.cwd(),
            assume_same_order=section.assume_same_order,
            matching=section.matching,
            resample_hz=section.resample_hz,
        )
        return replace(days, findings=(*days.findings, *contradicted(days.x, days.y)))
    if section.source == "phi" and section.x is not None:
        loaded = load(section.x, base_directory=Path.cwd())
        return _same_day(loaded.kept, loaded.check(), resample_hz=section.resample_hz, notes=loaded.notes)
    simulation, learning = section.simulation, section.simulation.learning
    novice, expert = simulate_days(
        **simulation.model_dump(exclude={"learning"}),
        learning=learning.kind,
        share=learning.share,
        drift=learning.drift,
    )
    if section.source == "phi":
        return _same_day(novice, check(novice, where=novice.source), resample_hz=section.resample_hz)
    findings = [finding for day in (novice, expert) for finding in check(day)]
    require(findings)
    days = pair(novice, expert, resample_hz=section.resample_hz)
    return Pair(days.x, days.y, (*findings, *days.findings), days.notes)


def _same_day(recording: Recording, findings: list[Finding], *, resample_hz: float | None, notes=()) -> Pair:
    require(findings)
    day = pair(recording, recording, assume_same_order=True, resample_hz=resample_hz)
    return Pair(day.x, day.x, tuple(findings), (*notes, *day.notes))


def _mixed(
    days: Pair, data: DataSection, windows: WindowsSection, order: NeuronOrder | None, *, seed: int
) -> tuple[Pair, WindowsSection]:
    """Return the days mixed, and the windows section that fits them: what either day excludes, both do."""
    n_frames = days.x.n_frames, days.y.n_frames
    block_frames = 2 * windows.window_frames  # room for overlapping windows, and half of a day from either
    if data.source == "phi":  # Φ depends on the place in the window: it is made side by side, a block each
        block_frames = windows.window_frames
        transformed = phi_recording(
            days.x,
            window_frames=block_frames,
            weight=data.phi_noise,
            seed=data.phi_seed,
            columns=order.columns,
        )
        days = replace(days, y=transformed)
    mixed = shuffle_days(days, block_frames=block_frames, seed=seed)
    exclude = [
        (first, last)
        for stretches, own_frames in zip((windows.exclude_x, windows.exclude_y), n_frames, strict=True)
        for first, last in stretches
        if not mixed.x.n_frames <= first < own_frames  # lies in what the shorter day cut off
    ]
    windows = windows.model_copy(update={"exclude_x": exclude, "exclude_y": exclude})
    _require_starts(mixed, windows, block_frames)
    return mixed, windows


def _require_starts(mixed: Pair, windows: WindowsSection, block_frames: int) -> None:
    """Refuse a paper split with too few windows here, where it is known that blocks shrink with the window."""
    held_out = windows.n_validation + windows.n_test
    stretches = [allowed_stretches(day, exclude=windows.exclude_x) for day in (mixed.x, mixed.y)]
    n_starts = min(len(legal_starts(part, window_frames=windows.window_frames)) for part in stretches)
    if windows.split == "blocked" or n_starts > held_out:
        return
    raise WindowError(
        "data.shuffle_days, split paper",
        got=f"{n_starts:,} start frames (windows of {windows.window_frames:,} frames that cross no border between "
        f"blocks of {block_frames:,}, in {mixed.x.n_frames:,} frames)",
        expected=f"more than {held_out:,} ({windows.n_validation:,} validation + {windows.n_test:,} test, and "
        "training)",
        fix="set windows.split: blocked, or fewer windows in windows.n_validation and windows.n_test, "
        "or a smaller windows.window_frames",
    )
