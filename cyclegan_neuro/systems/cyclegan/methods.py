"""The part of the methods that tells what was trained, and how."""

from __future__ import annotations

from cyclegan_neuro.evaluation.wording import numbers, percent, plural
from cyclegan_neuro.systems.cyclegan.config import Config, ModelSection, ObjectiveSection
from cyclegan_neuro.systems.cyclegan.data import critic_updates, windows_per_step
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["training_keys", "training_paragraph"]

_GATES = "residual networks with additive attention gates (Oktay et al. 2018) on the skip connections"
_GENERATORS = {
    "agresnet": f"{_GATES} and two-dimensional convolutions over time and neurons",
    "resnet": "residual networks with concatenated skip connections and two-dimensional convolutions over time and "
    "neurons",
    "agresnet_1d": f"{_GATES} and one-dimensional convolutions over time, with neurons as channels",
}
_OBJECTIVES = {
    "gan": "the cross-entropy objective of generative adversarial networks (Goodfellow et al. 2014; non-saturating)",
    "lsgan": "the least-squares objective (LSGAN; Mao et al. 2017)",
    "wgangp": "the Wasserstein objective with gradient penalty (WGAN-GP; Gulrajani et al. 2017)",
    "dragan": "the DRAGAN objective (Kodali et al. 2017: cross-entropy, Goodfellow et al. 2014, with a gradient "
    "penalty around recorded windows)",
}
_OBJECTIVE_KEYS = {
    "gan": ("goodfellow2014",),
    "lsgan": ("mao2017",),
    "wgangp": ("gulrajani2017",),
    "dragan": ("kodali2017", "goodfellow2014"),
}
_DISTANCES = {"mae": "mean absolute difference", "mse": "mean squared difference"}


def training_keys(config: Config) -> tuple[str, ...]:
    """Return the keys of what these sentences cite."""
    keys = ["li2021", "zhu2017", "isola2017", "kingma2015", *_OBJECTIVE_KEYS[config.objective.name]]
    if config.model.generator.startswith("agresnet"):
        keys.append("oktay2018")
    if config.model.generator != "identity" and config.model.coordinate_channels:
        keys.append("liu2018")
    return tuple(keys)


def training_paragraph(config: Config, prepared: PreparedPair, *, updates: int) -> str:
    """Tell what was trained, and how; ``updates`` are those of the generators behind the weights."""
    return f"{networks(config.model)} {objective(config)} {optimisation(config, prepared, updates=updates)}"


def networks(section: ModelSection) -> str:
    """Describe generators and discriminators."""
    first = section.discriminator_filters or section.filters
    widths = [str(first * section.growth**block) for block in range(3)]
    noise = (
        f"; Gaussian noise of {section.discriminator_noise:g} standard deviations on what they read"
        if section.discriminator_noise
        else ""
    )
    return (
        "A CycleGAN (Zhu et al. 2017), as applied to neuronal learning by Li et al. (2021), learned the mappings "
        f"G: X → Y and F: Y → X from unpaired windows. {_generators(section)} The discriminators D_X and D_Y were "
        f"PatchGANs (Isola et al. 2017) with three down-sampling blocks ({widths[0]}, {widths[1]} and {widths[2]} "
        f"filters; spatial dropout {section.discriminator_dropout:g}{noise}). Kernels had size {section.kernel_size} "
        "(1 in attention gates and at the generators' output); weights were drawn from a normal distribution with "
        f"standard deviation {section.initializer_std:g}."
    )


def _generators(section: ModelSection) -> str:
    if section.generator == "identity":
        return "Both generators were the identity, with nothing to learn (a control)."
    last = " (both convolutions with activation and dropout)" if section.residual_activation else ""
    sentence = (
        f"The generators were {_GENERATORS[section.generator]}: two down-sampling blocks ({section.filters} and "
        f"{section.filters * section.growth} filters), {plural(section.residual_blocks, 'residual block')}{last}, two "
        f"up-sampling blocks, instance normalisation, spatial dropout {section.dropout:g}, sigmoid output."
    )
    used = [text for option, text in (
        (section.standardize_inputs, "inputs were standardised"),
        (section.coordinate_channels, "time and neuron position were two further channels (Liu et al. 2018)"),
        (section.input_skip, "a gate passed the input on, to which the network added its change"),
        (section.output_bias_at_mean and not section.input_skip, "the output bias began at the training windows' mean"),
    ) if option]  # fmt: skip
    return f"{sentence} Beyond Li et al. (2021), {', '.join(used)}." if used else sentence


def objective(config: Config) -> str:
    """Describe what the networks minimised."""
    section = config.objective
    squashed = " of scores in [0, 1]" if section.name == "lsgan" and section.lsgan_sigmoid else ""
    pool = f" and a pool of {section.history_windows} past generated windows" if section.history_windows else ""
    return (
        f"They minimised {_OBJECTIVES[section.name]}{squashed} with cycle-consistency and identity terms "
        f"({_DISTANCES[section.distance]}; λ_cycle = {section.lambda_cycle:g}, "
        f"λ_identity = {section.lambda_identity:g}, weight of the adversarial term "
        f"{section.adversarial_weight:g}{_penalty(section)}), with "
        f"{plural(critic_updates(config), 'discriminator update')} per generator update{pool}."
    )


def _penalty(section: ObjectiveSection) -> str:
    if section.name not in ("wgangp", "dragan"):
        return ""
    scale = f", c = {section.dragan_c:g}" if section.name == "dragan" else ""
    return f", λ_GP = {section.lambda_gp:g}{scale}"


def optimisation(config: Config, prepared: PreparedPair, *, updates: int) -> str:
    """Describe the optimiser, and which weights were evaluated: those after ``updates`` generator updates."""
    from cyclegan_neuro.windows.pipeline import steps_per_epoch  # TensorFlow: not where a story is only worded

    section = config.training
    steps = steps_per_epoch(prepared, windows_per_step(config))
    chosen = (
        "the last checkpoint"
        if config.evaluation.weights == "last"
        else "the checkpoint whose translated validation windows were nearest to recorded ones of the other day in "
        "means and (lagged) covariances of neurons"
    )
    average = (
        f"an exponential average (decay {section.weight_averaging:g}) of the generators' weights"
        if section.weight_averaging
        else "the networks"
    )
    return (
        f"Adam (Kingma and Ba 2015; β₁ = {section.adam_beta_1:g}, β₂ = {section.adam_beta_2:g}) updated the generators "
        f"with a learning rate of {section.learning_rate_generator:g} and the discriminators with "
        f"{section.learning_rate_discriminator:g}{_schedule(config)}, in batches of "
        f"{plural(section.batch_size, 'window')} of each day ({numbers(section)}, seed {section.seed}). Training was "
        f"set to {plural(section.epochs, 'epoch')} of {plural(steps, 'generator update')}. Evaluated: "
        f"{average} after update {updates:,} of {section.epochs * steps:,} ({chosen})."
    )


def _schedule(config: Config) -> str:
    section = config.training
    parts = [f"rising over the first {section.warmup_steps:,} updates"] if section.warmup_steps else []
    if section.decay != "none":
        shape = "linearly" if section.decay == "linear" else "along a cosine"
        parts.append(f"falling {shape} to 0 after {percent(section.decay_start)} of all updates")
    return f", both {' and '.join(parts)}" if parts else ""
