"""From ground truth to a file of trained networks and a table of how good they are."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.atomic import make_directory, replacing
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.calibration import calibration_of
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks, serves, span_of
from cyclegan_neuro.spikes.inference.storage import FILE_NAME, save_networks
from cyclegan_neuro.spikes.inference.training.accuracy import CellAccuracy, measure_cells, write_cells, write_summary
from cyclegan_neuro.spikes.inference.training.folds import DATA_SETS, folds_of
from cyclegan_neuro.spikes.inference.training.jobs import Job, load_network, train_networks
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["Measured", "train_models"]

_log = logging.getLogger(__name__)

CITATION = (
    "Method and compilation of the ground truth: Rupprecht et al. 2021, Nature Neuroscience 24:1324-1337, "
    "doi:10.1038/s41593-021-00895-5. Recordings: Chen et al. 2013, doi:10.1038/nature12354 (DS09, DS14); Huang et al. "
    "2021, doi:10.7554/eLife.51675 (DS10-DS13); Theis et al. 2016, doi:10.1016/j.neuron.2016.04.014 (DS15, DS16); "
    "Zhang et al. 2023, doi:10.1038/s41586-023-05828-9 (GCaMP8: DS30-DS32); DS24-DS26 (interneurons) and DS29 "
    "(GCaMP7f) as compiled there."
)

_USUAL_RATE_HZ = 30.0  # the one at which sizes are measured, or the nearest to it

#: Kind of fold, frame rate and accuracy of a cell that was held out.
Measured = tuple[str, float, CellAccuracy]


def train_models(
    settings: TrainingSettings, *, ground_truth: Sequence[Path], output_dir: Path, processes: int,
    kinds: Sequence[str] = (), measured_rates_hz: Sequence[float] = (30.0,),
) -> tuple[Path, list[Measured]]:  # fmt: skip
    """Train networks and measure them on data sets and cells that they did not see.

    Parameters
    ----------
    settings : TrainingSettings
    ground_truth : sequence of Path
        Files and folders, each as for :func:`cyclegan_neuro.spikes.ground_truth.loading.load_ground_truth`.
    output_dir : Path
        Gets ``spike_networks.h5``, ``settings.json``, ``networks/`` (each as soon as it is trained), ``tensorboard/``
        and, where something is measured, ``accuracy_cells.csv`` and ``accuracy.csv``. A training that was interrupted
        goes on.
    processes : int
    kinds : sequence of {"data_sets", "cells"}
        What to hold out, for which further networks are trained.
    measured_rates_hz : sequence of float
        Frame rates at which they are measured.

    Returns
    -------
    networks : Path
    results : list of (str, float, CellAccuracy)
        Empty without ``kinds``.

    Raises
    ------
    UserError
        If the ground truth cannot be used, is of one data set where data sets are to be held out, the networks will
        not serve a rate at which they are to be measured, or the directory cannot be written or holds a training with
        other settings.
    """
    cells = [cell for path in ground_truth for cell in load_ground_truth(path)]
    folds = {name: fold for name, fold in folds_of(cells).items() if name.rsplit("_", 1)[0] in kinds}
    if kinds:
        _require_served(settings, measured_rates_hz)
    if DATA_SETS in kinds:
        _require_two_data_sets(ground_truth, cells)
    make_directory(output_dir, option="--output_dir", error_type=UserError)
    _agree_on(output_dir / "settings.json", settings, cells)
    jobs = [Job("", member) for member in range(settings.ensemble_size)]
    jobs += [Job(fold, member) for fold in folds for member in range(settings.held_out_size)]
    train_networks(jobs, settings, ground_truth=ground_truth, output_dir=output_dir, processes=processes)
    results: list[Measured] = []
    for fold, left_out in folds.items():
        networks = assemble(output_dir, settings, cells, held_out=fold)
        save_networks(output_dir / "networks" / fold / FILE_NAME, networks)
        unseen = [cell for cell in cells if (cell.dataset, cell.name) in left_out]
        for rate in measured_rates_hz:
            _log.info("measuring %s at %g Hz", fold, rate)
            found = measure_cells(unseen, _inference(networks, rate), frame_rate_hz=rate)
            results += [(fold.rsplit("_", 1)[0], rate, cell) for cell in found]
    usual = min(measured_rates_hz, key=lambda rate: abs(rate - _USUAL_RATE_HZ), default=_USUAL_RATE_HZ)
    calibration = calibration_of(
        [(r.dataset, r.true_hz, r.inferred_hz) for kind, rate, r in results if (kind, rate) == (DATA_SETS, usual)]
    )
    path = save_networks(output_dir / FILE_NAME, assemble(output_dir, settings, cells, calibration=calibration))
    if results:
        write_cells(output_dir / "accuracy_cells.csv", results)
        write_summary(output_dir / "accuracy.csv", results)
    return path, results


def assemble(
    output_dir: Path, settings: TrainingSettings, cells: Sequence[GroundTruthCell], *, held_out: str = "",
    calibration: Mapping[str, Any] | None = None,
) -> SpikeNetworks:  # fmt: skip
    """Put trained networks together: those that are kept, or those of a fold."""
    left_out = folds_of(cells)[held_out] if held_out else frozenset()
    n_members = settings.held_out_size if held_out else settings.ensemble_size
    return SpikeNetworks(
        members=tuple(load_network(output_dir, Job(held_out, member)) for member in range(n_members)),
        architecture=settings.architecture,
        causal=settings.causal,
        calibration=dict(calibration or {}),
        provenance={
            "title": f"Spike rates from dF/F at {span_of(settings.frame_rates_hz)}",
            "citation": CITATION,
            "ground_truth": sorted({cell.dataset for cell in cells if (cell.dataset, cell.name) not in left_out}),
            "training": asdict(settings),
            "created_with": f"cyclegan_neuro {cyclegan_neuro.__version__}",
        },
    )


def _inference(networks: SpikeNetworks, frame_rate_hz: float):
    """How :func:`measure_cells` asks for the rate of one recording."""

    def infer(dataset: str, dff: np.ndarray):
        inference = networks.at(frame_rate_hz, indicator=dataset, cell_type=dataset)
        inside = inference.reachable(len(dff))
        if inside.stop == inside.start:
            return np.zeros(len(dff), np.float32), np.zeros(len(dff), bool)
        inferred = infer_rates(dff[:, None], frame_rate_hz=frame_rate_hz, models=inference)
        return inferred.rates_hz[:, 0], inferred.valid

    return infer


def _require_served(settings: TrainingSettings, measured_rates_hz: Sequence[float]) -> None:
    trained = settings.frame_rates_hz
    beyond = [rate for rate in measured_rates_hz if not serves(trained, rate)]
    if beyond:
        raise UserError(
            "frame rates at which accuracy is measured", got=", ".join(f"{rate:g} Hz" for rate in beyond),
            expected=f"{span_of(trained)}, which the networks are trained for",
            fix="measure within them (--measure_at), or train for more (--frame_rates)",
        )  # fmt: skip


def _require_two_data_sets(ground_truth: Sequence[Path], cells: Sequence[GroundTruthCell]) -> None:
    names = {cell.dataset for cell in cells}
    if len(names) < 2:
        raise UserError(
            ", ".join(map(str, ground_truth)),
            got=f"one data set, {', '.join(names)}",
            expected="at least two: networks are measured on a data set that they did not see",
            fix="add another data set, or measure on cells alone (--hold_out cells)",
        )


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
