"""The criterion of checkpoints, in ΔF/F and of any translator."""

from dataclasses import dataclass

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment, Identity
from cyclegan_neuro.evaluation.days.validation import validation_distances
from cyclegan_neuro.networks.moment_distance import MomentDistance


@dataclass
class Scaled(Alignment):
    name: str
    factor: float

    def move(self, windows, to, frames):
        return windows * np.float32(self.factor)


def test_it_is_the_criterion_of_checkpoints(make_pair):
    pair = make_pair()
    x, y = (pair.windows_of(day, pair[day].starts.validation) for day in ("x", "y"))
    found = validation_distances(pair, [Identity(), Scaled("half", 0.5)])
    metric = MomentDistance(*x.shape[1:])
    metric.update_state(x[..., None], y[..., None], 0.5 * x[..., None], 0.5 * y[..., None])
    assert found["identity"] == pytest.approx(1.0)
    assert found["half"] == pytest.approx(float(metric.result()), rel=1e-9)


def test_chunks_do_not_change_it_and_surplus_windows_are_left_out(make_pair):
    pair = make_pair()
    translators = [Scaled("half", 0.5)]
    whole, parts = (validation_distances(pair, translators, batch_size=size) for size in (8, 1))
    assert whole["half"] == pytest.approx(parts["half"], rel=1e-9)
