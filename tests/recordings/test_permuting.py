import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import DataSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.pairing import pair
from cyclegan_neuro.recordings.permuting import permute_identities, permuted_columns
from cyclegan_neuro.windows.days import configured_days

SIMULATED = {"simulation": {"n_neurons": 20, "duration_s": 30.0, "frame_rate_hz": 8.0}}


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_every_drawn_neuron_loses_its_identity_and_no_other(share, seed):
    columns = permuted_columns(20, share=share, seed=seed)
    assert sorted(columns) == list(range(20))
    assert (columns != np.arange(20)).sum() == 20 * share


def test_traces_move_and_what_they_should_be_on_day_x_stays():
    plain, moved = (configured_days(DataSection(**SIMULATED, permuted_share=share)) for share in (0.0, 0.5))
    columns = permuted_columns(20, share=0.5, seed=1)
    assert np.array_equal(moved.x.dff, plain.x.dff)
    assert np.array_equal(moved.y.dff, plain.y.dff[:, columns])
    assert np.array_equal(moved.y.truth.spikes, plain.y.truth.spikes[:, columns])
    assert np.array_equal(moved.y.truth.other_day_dff, plain.y.truth.other_day_dff)
    assert moved.y.roi_ids == plain.y.roi_ids
    assert "10 of 20 neurons of day y stand under each other's identities" in moved.notes[-1]


def test_a_neuron_alone_cannot_change_places():
    days = configured_days(DataSection(**SIMULATED))
    with pytest.raises(
        PairingError, match=r"permuted_share: got 0.05, which is 1 of 20 neurons, expected two"
    ) as error:
        permute_identities(pair(days.x, days.y), share=0.05, seed=1)
    assert error.value.fix == "set it to at least 0.1, or to 0"


@pytest.mark.parametrize("other", [{"source": "phi"}, {"shuffle_days": True}])
def test_it_is_refused_where_it_would_mean_something_else(other):
    with pytest.raises(ValueError, match=r"permuted_share"):
        DataSection(permuted_share=0.5, **other)
