"""What the report's methods say of training."""

from types import SimpleNamespace

import pytest

from cyclegan_neuro.systems.spike_gan.story.methods import _data, _training


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ({"warmup_steps": 1000}, "Learning rates rose from 0 over the first 1,000 steps."),
        (
            {"decay": "cosine", "decay_start": 0.7},
            "Learning rates fell to 0 (cosine) over the last 30 % of training.",
        ),
    ],
)
def test_schedules_of_the_learning_rates_are_told(make_config, training, said):
    assert said in _training(make_config(training=training), 50)
    assert said not in _training(make_config(), 50)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("recorded", "Spikes of 3 neurons were recorded and cut"),
        ("simulated", "Spikes of 3 neurons were read from a file of simulated ones and cut"),
        ("semi-synthetic", "Spikes of 3 neurons were recorded in part (semi-synthetic) and cut"),
    ],
)
def test_samples_that_a_generator_wrote_are_not_called_recorded(make_config, origin, said):
    prepared = SimpleNamespace(
        spikes=True, n_neurons=3, n_bins=8, bin_s=0.01, train=[0], held_out=[8], data_origin=origin
    )  # fmt: skip
    config = make_config(data={"source": "samples", "path": "generated.h5", "field": "samples", "bin_s": 0.01})
    assert said in _data(config, prepared)
