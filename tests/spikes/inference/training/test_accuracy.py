"""How held-out cells are measured; the metrics themselves are those of ``spikes.accuracy``."""

import numpy as np
import pytest
from inference_fakes import simulated_cell

from cyclegan_neuro.spikes.ground_truth.examples import resample
from cyclegan_neuro.spikes.inference.training.accuracy import SIGMAS_S, measure_cells, summaries


def test_mean_rates_are_those_of_the_valid_frames():
    cell = simulated_cell("DS-GCaMP6f", "c", seed=1, duration_s=20.0, n_segments=2)
    asked = []

    def infer(dataset, dff):
        asked.append((dataset, len(dff)))
        valid = np.arange(len(dff)) >= 100
        return np.where(valid, 3.0, 99.0), valid

    (found,) = measure_cells([cell], infer, frame_rate_hz=15.0)
    assert asked == [("DS-GCaMP6f", 300)] * 2
    spikes = sum(resample(segment, 15.0)[1][100:].sum() for segment in cell.segments)
    assert (found.true_hz, found.inferred_hz) == (pytest.approx(spikes / (400 / 15)), 3.0)
    assert {at.n_frames for pair in found.by_sigma.values() for at in pair[:1]} == {400}
    assert tuple(found.by_sigma) == SIGMAS_S


def test_a_perfect_rate_is_perfect_and_a_late_one_is_late():
    cells = [simulated_cell(name, "c", seed=seed) for seed, name in enumerate(("DS1-GCaMP6f", "DS2-GCaMP8m"))]
    truth = {}
    for cell in cells:
        dff, counts = resample(cell.segments[0], 30.0)
        truth[dff.tobytes()] = np.roll(counts * 30.0, 3 if cell.dataset.startswith("DS2") else 0)

    results = measure_cells(cells, lambda _, dff: (truth[dff.tobytes()], np.ones(len(dff), bool)), frame_rate_hz=30.0)
    at_zero, at_best = (summaries(results, best_lag=best)[0.05] for best in (False, True))
    assert at_zero["DS1-GCaMP6f"].correlation == pytest.approx(1)
    assert at_zero["DS2-GCaMP8m"].correlation < 0.9
    assert at_best["DS2-GCaMP8m"].correlation == pytest.approx(1, abs=1e-3)
    assert at_best["DS2-GCaMP8m"].lag_s == pytest.approx(0.1)


def test_a_cell_that_no_network_reaches_has_no_rate():
    cell = simulated_cell("DS-GCaMP6f", "c", seed=1, duration_s=9.0)
    none = lambda _, dff: (np.zeros(len(dff)), np.zeros(len(dff), bool))  # noqa: E731
    (found,) = measure_cells([cell], none, frame_rate_hz=30.0)
    assert np.isnan([found.true_hz, found.inferred_hz]).all()
