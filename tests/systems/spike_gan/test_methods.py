"""What the report's methods say of training."""

import pytest

from cyclegan_neuro.systems.spike_gan.story.methods import _training


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
