"""From ground truth to a file of trained networks and a table of how good they are."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.atomic import make_directory, replacing
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.examples import resample
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.rate_models import RateModels
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.storage import save_models
from cyclegan_neuro.spikes.inference.training.accuracy import CellAccuracy, measure_cells, write_cells, write_summary
from cyclegan_neuro.spikes.inference.training.jobs import Job, load_network, train_networks
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["file_name", "train_models"]

_log = logging.getLogger(__name__)

CITATION = (
    "Method and compilation of the ground truth: Rupprecht et al. 2021, Nature Neuroscience 24:1324-1337, "
    "doi:10.1038/s41593-021-00895-5. Recordings: Chen et al. 2013, doi:10.1038/nature12354 (DS09, DS14); Huang et al. "
    "2021, doi:10.7554/eLife.51675 (DS10-DS13); Theis et al. 2016, doi:10.1016/j.neuron.2016.04.014 (DS15, DS16)."
)


def train_models(
    settings: TrainingSettings, *, ground_truth: Path, output_dir: Path, processes: int, accuracy: bool
) -> tuple[Path, list[CellAccuracy]]:
    """Train the networks of one frame rate and measure them on data sets that they did not see.

    Parameters
    ----------
    settings : TrainingSettings
    ground_truth : Path
    output_dir : Path
        Gets ``rate_models_<rate>hz.h5``, ``settings.json``, ``networks/`` (each as soon as it is trained),
        ``tensorboard/`` and, with ``accuracy``, ``accuracy_cells.csv`` and ``accuracy.csv``. A training that was
        interrupted goes on.
    processes : int
    accuracy : bool
        Also train networks without each data set in turn, of the noise levels that its cells have, and measure them.

    Returns
    -------
    models : Path
    results : list of CellAccuracy
        Empty without ``accuracy``.

    Raises
    ------
    UserError
        If the ground truth cannot be used, is of one data set where ``accuracy`` needs two, or the directory cannot be
        written or holds a training with other settings.
    """
    cells = load_ground_truth(ground_truth)
    if accuracy:
        _require_two_data_sets(ground_truth, cells)
    make_directory(output_dir, option="--output_dir", error_type=UserError)
    _agree_on(output_dir / "settings.json", settings, cells)
    jobs = [Job("", level, member) for level in settings.noise_levels for member in range(settings.ensemble_size)]
    needed = _levels_needed(cells, settings) if accuracy else {}
    jobs += [
        Job(dataset, level, member)
        for dataset, levels in needed.items() for level in levels for member in range(settings.ensemble_size)
    ]  # fmt: skip
    train_networks(jobs, settings, ground_truth=ground_truth, output_dir=output_dir, processes=processes)
    names = {cell.dataset for cell in cells}
    everything = assemble(output_dir, settings, settings.noise_levels, seen=sorted(names))
    path = save_models(output_dir / file_name(settings.frame_rate_hz), everything)
    results: list[CellAccuracy] = []
    for dataset, levels in needed.items():
        models = assemble(output_dir, settings, levels, seen=sorted(names - {dataset}), left_out=dataset)
        save_models(output_dir / "networks" / dataset / file_name(settings.frame_rate_hz), models)
        results += measure_cells(
            [cell for cell in cells if cell.dataset == dataset],
            _inference(models),
            frame_rate_hz=settings.frame_rate_hz,
        )
    if results:
        write_cells(output_dir / "accuracy_cells.csv", results)
        write_summary(output_dir / "accuracy.csv", results)
    return path, results


def file_name(frame_rate_hz: float) -> str:
    """Return the name under which networks are found.

    Examples
    --------
    >>> file_name(24.0), file_name(15.5)
    ('rate_models_24hz.h5', 'rate_models_15.5hz.h5')
    """
    return f"rate_models_{frame_rate_hz:g}hz.h5"


def assemble(
    output_dir: Path, settings: TrainingSettings, levels: Sequence[int], *, seen: Sequence[str], left_out: str = ""
) -> RateModels:
    """Put trained networks together.

    Parameters
    ----------
    output_dir : Path
    settings : TrainingSettings
    levels : sequence of int
    seen : sequence of str
        Data sets of the training.
    left_out : str
        The one that was left out.
    """
    ensembles = {
        level: tuple(load_network(output_dir, Job(left_out, level, member)) for member in range(settings.ensemble_size))
        for level in levels
    }
    return RateModels(
        frame_rate_hz=settings.frame_rate_hz,
        smoothing_s=settings.smoothing_s,
        causal=settings.causal,
        noise_levels=ensembles,
        window_frames=settings.architecture.window_frames,
        before_frames=settings.architecture.before_frames,
        provenance={
            "title": f"Spike rates from dF/F at {settings.frame_rate_hz:g} Hz",
            "citation": CITATION,
            "ground_truth": list(seen),
            "training": asdict(settings),
            "created_with": f"cyclegan_neuro {cyclegan_neuro.__version__}",
        },
    )


def _inference(models: RateModels):
    """How :func:`measure_cells` asks for the rate of one recording."""

    def infer(dff: np.ndarray):
        if len(dff) < models.window_frames:
            return np.zeros(len(dff), np.float32), np.zeros(len(dff), bool)
        inferred = infer_rates(dff[:, None], frame_rate_hz=models.frame_rate_hz, models=models)
        return inferred.rates_hz[:, 0], inferred.valid

    return infer


def _require_two_data_sets(ground_truth: Path, cells: Sequence[GroundTruthCell]) -> None:
    names = {cell.dataset for cell in cells}
    if len(names) < 2:
        raise UserError(
            str(ground_truth),
            got=f"one data set, {', '.join(names)}",
            expected="at least two: networks are measured on a data set that they did not see",
            fix="add another data set, or train without measuring (--no_accuracy)",
        )


def _levels_needed(cells: Sequence[GroundTruthCell], settings: TrainingSettings) -> dict[str, list[int]]:
    """Return, for each data set, the noise levels that its recordings would use."""
    chooser = RateModels(
        frame_rate_hz=settings.frame_rate_hz, smoothing_s=settings.smoothing_s, causal=settings.causal,
        noise_levels=dict.fromkeys(settings.noise_levels, ()),
    )  # fmt: skip
    needed: dict[str, set[int]] = {}
    for cell in cells:
        for segment in cell.segments:
            dff, _ = resample(segment, settings.frame_rate_hz)
            noise = float(noise_levels(dff[:, None], settings.frame_rate_hz)[0])
            needed.setdefault(cell.dataset, set()).add(chooser.level_for(noise))
    return {dataset: sorted(levels) for dataset, levels in sorted(needed.items())}


def _agree_on(path: Path, settings: TrainingSettings, cells: Sequence[GroundTruthCell]) -> None:
    """Write down what the networks of this directory have in common, or refuse to mix them with others."""
    spikes = sum(segment.spike_times_s.size for cell in cells for segment in cell.segments)
    wanted = json.loads(json.dumps({**asdict(settings), "n_cells": len(cells), "n_spikes": spikes}))
    if path.is_file():
        there = json.loads(path.read_text(encoding="utf-8"))
        different = sorted(key for key in wanted if there.get(key) != wanted[key])
        if different:
            raise UserError(
                str(path),
                got="a training with " + ", ".join(f"{key} {there.get(key)}" for key in different),
                expected=", ".join(f"{key} {wanted[key]}" for key in different),
                fix="give another --output_dir, or the settings of the training that is there",
            )
        return
    with replacing(path, error_type=UserError) as temporary:
        temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
