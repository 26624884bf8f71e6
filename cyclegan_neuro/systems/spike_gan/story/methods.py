"""A methods section with every parameter of the run, and the works that it cites."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Reference
from cyclegan_neuro.evaluation.methods import bibliography
from cyclegan_neuro.evaluation.samples.measurements import Measurements
from cyclegan_neuro.evaluation.wording import numbers, plural, software
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.recordings.recording import Origin
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.explanation import COORDINATION, UNTRAINED, Explanation

__all__ = ["methods"]


def methods(
    config: Config, prepared: PreparedSamples, found: Measurements, *, explanation: Explanation | None, updates: int
) -> tuple[tuple[str, ...], tuple[Reference, ...]]:
    """Return the paragraphs of a methods section and the works that they cite.

    Parameters
    ----------
    config : Config
        Resolved.
    prepared : PreparedSamples
    found : Measurements
    explanation : Explanation or None
    updates : int
        Generator updates behind the weights that were evaluated.
    """
    paragraphs = [
        _data(config, prepared),
        f"{_networks(config)} {_training(config, updates)}",
        _comparison(config, found),
    ]
    keys = ["cyclegan_neuro", "molanomazon2018", "gulrajani2017", "kingma2015"]
    keys += [key for name, (_, cited) in _BASELINES.items() if name in found.baselines for key in cited]
    if config.data.source == "simulated" and config.data.simulation.kind == "pairs":
        keys.append("mikula2003")
    if explanation is not None:
        if UNTRAINED in explanation.critics:
            keys.append("adebayo2018")
        paragraphs.append(_importance(config, explanation))
    paragraphs.append(software("NumPy", "SciPy"))
    return tuple(paragraphs), tuple(bibliography()[key] for key in dict.fromkeys(keys))


_BASELINES = {  # what is said of them, and the works that this cites
    "dichotomized_gaussian": (
        "a dichotomized Gaussian (Macke et al. 2009) with correlations over time lags (Lyamzin et al. 2010)",
        ("macke2009", "lyamzin2010"),
    ),
    "stimulus_gaussian": (
        "a dichotomized Gaussian whose rates follow the repeated stimulus (signal and noise correlations; Lyamzin et "
        "al. 2010)",
        ("lyamzin2010",),
    ),
    "k_pairwise": ("a k-pairwise maximum-entropy model (Tkačik et al. 2014)", ("tkacik2014",)),
}


_MADE: dict[Origin, str] = {
    "recorded": "recorded",
    "simulated": "read from a file of simulated ones",
    "semi-synthetic": "recorded in part (semi-synthetic)",
}


def _data(config: Config, prepared: PreparedSamples) -> str:
    activity = "Spikes" if prepared.spikes else "ΔF/F traces, scaled to [0, 1] per neuron by the training part,"
    what = f"{activity} of {plural(prepared.n_neurons, 'neuron')}"
    source = config.data.source
    if source == "simulated":
        simulation = config.data.simulation
        settings = getattr(simulation, simulation.kind).model_dump()
        listed = ", ".join(f"{name} {value:g}" for name, value in settings.items())
        what += f" were simulated ({simulation.kind}, seed {simulation.seed}: {listed})"
    else:
        what += f" were {_MADE[prepared.data_origin]}"
    stride = config.data.stride_bins
    cut = f"overlapping samples (stride {stride} bins)" if stride else "samples that do not overlap"
    return (
        f"{what} and cut into {cut} of {prepared.n_bins} bins of {1000 * prepared.bin_s:g} ms; the first "
        f"{len(prepared.train):,} were trained on, {len(prepared.held_out):,} later ones held out."
    )


def _networks(config: Config) -> str:
    model = config.model
    if model.architecture == "mlp":
        text = (
            f"Generator and critic were fully connected, with {model.mlp_layers} hidden layers of {model.mlp_units} "
            "units (MLP-GAN; Molano-Mazon et al. 2018)."
        )
    else:
        text = (
            "Spike-GAN (Molano-Mazon et al. 2018) has neurons as channels of convolutions over time: a critic with "
            f"two convolutions of stride 2 ({model.features} and {2 * model.features} features, length "
            f"{model.kernel_bins}, leaky ReLU) and a linear output; a generator with the mirrored architecture "
            "(nearest-neighbour up-sampling, sigmoid output)."
        )
    kind = {"normal": "standard normal numbers", "uniform": "uniform numbers between -1 and 1"}[model.noise]
    weights = f"normal with standard deviation {model.weight_sd:g}" if model.weight_sd else "uniform (Glorot)"
    text += f" The generator starts from {model.noise_size} {kind}; initial weights were {weights}."
    if model.output_bias_at_mean:
        text += " Output biases started at the neurons' mean activity."
    if model.border_bins:
        text += f" {model.border_bins} bins were generated beyond both ends and cut off."
    return text


def _training(config: Config, updates: int) -> str:
    section, objective = config.training, config.objective
    text = (
        "They were trained as Wasserstein GAN with gradient penalty (Gulrajani et al. 2017; weight "
        f"{objective.lambda_gp:g}), {plural(objective.critic_updates, 'critic update')} per generator update, with "
        f"Adam (Kingma and Ba 2015; learning rates {section.learning_rate_generator:g} and "
        f"{section.learning_rate_discriminator:g}, decay rates {section.adam_beta_1:g} and {section.adam_beta_2:g}), "
        f"{section.batch_size} samples per update, {updates:,} generator updates, seed {section.seed}, in "
        f"{numbers(section)}."
    )
    if config.model.draw_spikes:
        text += " The critic read spikes drawn from the generated probabilities, with straight-through gradients."
    if section.warmup_steps:
        text += f" Learning rates rose from 0 over the first {section.warmup_steps:,} steps."
    if section.decay != "none":
        falling = f"{100 * (1 - section.decay_start):.0f} %"
        text += f" Learning rates fell to 0 ({section.decay}) over the last {falling} of training."
    if section.weight_averaging:
        decay = f"decay {section.weight_averaging:g}"
        text += f" The generator that was evaluated is the exponential average of its weights ({decay})."
    return text


def _comparison(config: Config, found: Measurements) -> str:
    drawn = "" if found.memorisation is None else " drawn once as spikes,"
    told = [text for name, (text, _) in _BASELINES.items() if name in found.baselines]
    fitted = ""
    if told:
        listed = ", ".join(told[:-1]) + " and " * (len(told) > 1) + told[-1]
        fitted = (
            f" {listed[0].upper()}{listed[1:]} {'was' if len(told) == 1 else 'were'} fitted to the training samples."
        )
    return (
        f"{len(found.generated):,} samples were generated,{drawn} and compared with all recorded samples by spike "
        "counts, time courses, covariances, covariances with the next bin, the number of active neurons per bin and "
        f"autocorrelograms (root mean square error and R²), beside random halves of the recorded samples.{fitted} "
        f"Seed of the evaluation: {config.evaluation.seed}."
    )


def _importance(config: Config, explanation: Explanation) -> str:
    section = config.evaluation.importance
    updates = section.coordination_steps * config.objective.critic_updates
    text = (
        f"Importance maps of {plural(len(explanation.samples), 'sample')} were computed by shuffling the spikes "
        f"of a neuron within {section.window_bins} bins ({section.n_shuffles} times, every {section.step_bins} bins) "
        "and crediting the mean absolute change of a critic's output to them, divided by the number of windows that "
        "cover a bin."
    )
    if COORDINATION in explanation.critics:
        text += (
            " Beside the generator's critic, a second one of the same kind was trained "
            f"({updates:,} updates) to tell recorded samples from samples that took each neuron "
            "from another recorded sample."
        )
    if UNTRAINED in explanation.critics:
        text += " An untrained critic is the control (Adebayo et al. 2018)."
    return text
