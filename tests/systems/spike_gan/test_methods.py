"""What the report's methods say of samples, training, baselines and importance maps."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import cyclegan_neuro
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods

PACKAGE = Path(cyclegan_neuro.__file__).parent
CITATION = re.compile(r"\b([A-Z][\wč-]+)(?: et al\.| and \w+)? \(?((?:19|20)\d\d)\b")
ON_FILE = {"source": "samples", "path": "generated.h5", "field": "samples", "bin_s": 0.01}


def prepared(**changes):
    known = {"spikes": True, "n_neurons": 3, "n_bins": 8, "bin_s": 0.01, "train": [0], "held_out": [8]}
    return SimpleNamespace(**known | {"data_origin": "simulated"} | changes)


def told(template, **facts):
    """Return the paragraph of a template, having looked that what it cites is what is collected."""
    (text, _), references = render_methods([Paragraph(PACKAGE / template, facts)])
    cited = {f"{name.replace('-', '').replace('č', 'c').lower()}{year}" for name, year in CITATION.findall(text)}
    assert {reference.key for reference in references} == cited | {"cyclegan_neuro"}
    return text


def training_of(config):
    return told("systems/spike_gan/methods.j2", config=config, updates=12345)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {"warmup_steps": 1000}}, "Learning rates rose from 0 over the first 1,000 steps."),
        (
            {"training": {"decay": "cosine", "decay_start": 0.7}},
            "Learning rates fell to 0 (cosine) over the last 30 % of training.",
        ),
        ({"training": {"weight_averaging": 0.999}}, "is the exponential average of its weights (decay 0.999)."),
        (
            {"training": {"jit_compile": True, "precision": "float32", "seed": 54321}},
            "12,345 generator updates, seed 54321, in float32, compiled with XLA.",
        ),
        (
            {"model": {"architecture": "mlp", "mlp_layers": 2}},
            "Generator and critic were fully connected, with 2 hidden layers of 8 units (MLP-GAN; Molano-Mazon et al. "
            "2018). The generator starts from 8 standard normal numbers; initial weights were uniform (Glorot). They",
        ),
        (
            {"model": {"noise": "uniform", "weight_sd": 0.02}},
            "from 8 uniform numbers between -1 and 1; initial weights were normal with standard deviation 0.02.",
        ),
        (
            {"model": {"output_bias_at_mean": True, "border_bins": 4, "draw_spikes": True}},
            "Output biases started at the neurons' mean activity. 4 bins were generated beyond both ends and cut off.",
        ),
        ({"model": {"draw_spikes": True}}, "The critic read spikes drawn from the generated probabilities, with"),
        ({"objective": {"critic_updates": 1, "lambda_gp": 2.5}}, "weight 2.5), 1 critic update per generator update"),
    ],
)
def test_settings_of_training_are_told(make_config, changes, said):
    assert said in training_of(make_config(**changes))
    assert said not in training_of(make_config())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data_origin": "recorded"}, "Spikes of 3 neurons were recorded and cut"),
        ({}, "Spikes of 3 neurons were read from a file of simulated ones and cut"),
        ({"data_origin": "semi-synthetic"}, "Spikes of 3 neurons were recorded in part (semi-synthetic) and cut"),
        ({"data_origin": "translated"}, "Spikes of 3 neurons were read from a file of translated ones and cut"),
        ({"spikes": False}, "ΔF/F traces, scaled to [0, 1] per neuron by the training part, of 3 neurons were"),
        ({"train": [0] * 7000}, "that do not overlap of 8 bins of 10 ms; the first 7,000 were trained on, 1 later"),
    ],
)
def test_samples_that_a_generator_wrote_are_not_called_recorded(make_config, changes, said):
    config = make_config(data=ON_FILE)
    assert said in told("evaluation/samples/methods/samples.j2", config=config, prepared=prepared(**changes))


def test_simulations_are_told_with_their_settings(make_config):
    pairs = told("evaluation/samples/methods/samples.j2", config=make_config(), prepared=prepared())
    assert "simulated (pairs, in the manner of Mikula and Niebur 2003, seed 1: n_samples 200, n_bins 12," in pairs
    assert "refractory_bins 2) and cut into samples that do not overlap" in pairs
    packets = make_config(data={"simulation": {"kind": "packets", "seed": 3}})
    text = told("evaluation/samples/methods/samples.j2", config=packets, prepared=prepared())
    assert "simulated (packets, seed 3: n_samples 8192, n_bins 64," in text
    continuous = make_config(data={**ON_FILE, "source": "continuous", "window_bins": 8, "stride_bins": 2})
    text = told("evaluation/samples/methods/samples.j2", config=continuous, prepared=prepared())
    assert "and cut into overlapping samples (stride 2 bins) of 8 bins" in text


@pytest.mark.parametrize(
    ("fitted", "said"),
    [
        ((), "halves of the recorded samples. Seed of the evaluation: 0."),
        (
            ("k_pairwise",),
            "A k-pairwise maximum-entropy model (Tkačik et al. 2014) was fitted to the training",
        ),
        (
            ("dichotomized_gaussian", "k_pairwise"),
            "A dichotomized Gaussian (Macke et al. 2009) with correlations over time lags (Lyamzin et al. 2010) and a "
            "k-pairwise maximum-entropy model (Tkačik et al. 2014) were fitted to the training samples.",
        ),
        (
            ("dichotomized_gaussian", "stimulus_gaussian", "k_pairwise"),
            "(Lyamzin et al. 2010), a dichotomized Gaussian whose rates follow the repeated stimulus (signal and noise "
            "correlations; Lyamzin et al. 2010) and a k-pairwise",
        ),
    ],
)
@pytest.mark.parametrize("memorisation", [None, object()])
def test_baselines_are_told_with_what_they_are_taken_from(make_config, fitted, said, memorisation):
    found = SimpleNamespace(generated=[0] * 2000, memorisation=memorisation, baselines=("independent", *fitted))
    text = told("evaluation/samples/methods/comparison.j2", config=make_config(), found=found)
    assert said in text
    assert text.startswith(
        f"2,000 samples were generated,{' drawn once as spikes,' if memorisation else ''} and compared"
    )


@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("untrained", [True, False])
def test_critics_whose_importance_maps_are_made_are_told(make_config, second, untrained):
    text = told(
        "systems/spike_gan/importance/methods.j2",
        config=make_config(), n_samples=1, second_critic=second, untrained_critic=untrained,
    )  # fmt: skip
    assert "of 1 sample were computed by shuffling the spikes of a neuron within 8 bins (5 times, every 2 bins)" in text
    assert ("a second one of the same kind was trained (800 updates) to tell" in text) == second
    assert text.endswith("An untrained critic is the control (Adebayo et al. 2018).") == untrained
