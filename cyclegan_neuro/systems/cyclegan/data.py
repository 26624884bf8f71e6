"""From the configuration's sources to prepared days."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.configuration.sections import DataSection
from cyclegan_neuro.recordings.checks import check, require
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.pairing import Pair, describe_inputs, pair, read_pair
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.windows.prepare import prepare_pair
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["critic_updates", "prepare", "windows_per_step"]

_CRITIC_UPDATES = {"gan": 1, "lsgan": 1, "wgangp": 5, "dragan": 1}  # Table C.2


def critic_updates(config: Config) -> int:
    """Return the discriminator updates per generator update."""
    return config.objective.critic_updates or _CRITIC_UPDATES[config.objective.name]


def windows_per_step(config: Config) -> int:
    """Return the windows of each day that one ``train_step`` consumes."""
    return config.training.batch_size * critic_updates(config)


def prepare(config: Config, *, run_directory: Path | None = None) -> PreparedPair:
    """Read or simulate both days, check and match them, cut, scale and order them.

    Raises
    ------
    RecordingError, PairingError, WindowError
        On input that cannot be used, before anything is written or trained.
    """
    days = _days(config.data)
    return prepare_pair(
        days.x,
        None if config.data.source == "phi" else days.y,
        data=config.data,
        windows=config.windows,
        ordering=config.ordering,
        seed=config.training.seed,
        findings=days.findings,
        notes=days.notes,
        inputs=describe_inputs(days),
        run_directory=run_directory,
    )


def _days(section: DataSection) -> Pair:
    """Return both days; with source ``phi`` the y of the pair is x itself."""
    if section.source == "files":
        return read_pair(
            section.x,
            section.y,
            base_directory=Path.cwd(),
            assume_same_order=section.assume_same_order,
            resample_hz=section.resample_hz,
        )
    if section.source == "phi" and section.x is not None:
        loaded = load(section.x, base_directory=Path.cwd())
        return _same_day(loaded.kept, loaded.where, resample_hz=section.resample_hz, notes=loaded.notes)
    novice, expert = simulate_days(
        preset=section.simulation.preset, seed=section.simulation.seed, duration_s=section.simulation.duration_s
    )
    if section.source == "phi":
        return _same_day(novice, novice.source, resample_hz=section.resample_hz)
    findings = [finding for day in (novice, expert) for finding in check(day)]
    days = pair(novice, expert, resample_hz=section.resample_hz)
    return Pair(days.x, days.y, (*findings, *days.findings), days.notes)


def _same_day(recording: Recording, where: str, *, resample_hz: float | None, notes=()) -> Pair:
    findings = check(recording, where=where)
    require(findings)
    day = pair(recording, recording, assume_same_order=True, resample_hz=resample_hz)
    return Pair(day.x, day.x, tuple(findings), (*notes, *day.notes))
