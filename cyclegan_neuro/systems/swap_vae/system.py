"""What Swap-VAE offers to training, report and command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.trials.trials import Label, PreparedTrials
from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.swap_vae.config import LABELS, Config

__all__ = ["SwapVAESystem"]

_NEEDS: dict[str, Label] = {"supervised_direction": "direction", "supervised_time": "time", "pi_vae": "direction"}
"""The labels that methods learn from."""


class SwapVAESystem(System):
    """Representations of trials of a population, in content and style."""

    name = "swap_vae"
    title = "Swap-VAE: content and style of the activity of a population"
    citation = (
        "Liu, R., Azabou, M., Dabagia, M., Lin, C.-H., Azar, M. G., Hengen, K. B., Valko, M., Dyer, E. L. (2021). "
        "Drop, Swap, and Generate: a self-supervised approach for generating neural activity. NeurIPS."
    )
    Config = Config
    divides_batches = False  # an epoch is one compiled loop of updates

    def prepare(self, config, *, run_directory=None):
        from cyclegan_neuro.populations.trials.preparing import prepare_trials

        prepared = prepare_trials(config.data)
        _require_fitting_data(config, prepared)
        return prepared

    def build(self, config, prepared):
        from cyclegan_neuro.systems.swap_vae.fitting import build

        return build(config, prepared)

    def steps_per_epoch(self, config, prepared):
        return 1  # an epoch is one compiled step

    def training_stream(self, config, prepared, *, start_step):
        from cyclegan_neuro.systems.swap_vae.fitting import training_stream

        return training_stream(config, prepared, start_step=start_step)

    def validation_dataset(self, config, prepared):
        from cyclegan_neuro.systems.swap_vae.fitting import validation_dataset

        return validation_dataset(config, prepared)

    def training_figures(self, config, prepared, trainer):
        from cyclegan_neuro.evaluation.decoding.pictures import spaces
        from cyclegan_neuro.evaluation.decoding.views import measure_views
        from cyclegan_neuro.systems.swap_vae.fitting import Represented

        with trainer.average_weights():
            made = Represented(trainer, LABELS[config.objective.method]).spaces(prepared.windows())
        views = measure_views(prepared, made, seed=config.evaluation.seed, cache=None)
        sizes = {"n_conditions": prepared.trials.n_conditions, "n_times": prepared.n_times}
        return {"spaces": spaces(views, labels={name: name for name in made}, **sizes)}

    def evaluate(self, config, prepared, trainer, *, cache_directory=None):
        from cyclegan_neuro.evaluation.decoding.evaluation import evaluate_trials
        from cyclegan_neuro.evaluation.methods import Paragraph
        from cyclegan_neuro.systems.swap_vae.fitting import Represented, fit_method

        method = config.objective.method
        facts = {
            "config": config, "label": LABELS[method], "updates": int(trainer.optimizer.iterations),
            "learning_rate": trainer.learning_rate, "batch_size": trainer.batch_size, "dropout": trainer.dropout,
        }  # fmt: skip
        with trainer.average_weights():
            return evaluate_trials(
                config,
                prepared,
                Represented(trainer, LABELS[method]),
                fits={key: (label, partial(fit_method, config, key)) for key, label in LABELS.items()},
                method=method,
                training=Paragraph(Path(__file__).parent / "methods.j2", facts),
                cache_directory=cache_directory,
            )


def _require_fitting_data(config: Config, prepared: PreparedTrials) -> None:
    """Refuse methods whose labels the data lack, and more latent dimensions than activity has."""
    asked: dict[str, list[str]] = {"objective.method": [config.objective.method]}
    asked["evaluation.compare"] = config.evaluation.compare
    for where, methods in asked.items():
        for method in methods:
            label = _NEEDS.get(method)
            if label and not prepared.decodes(label):
                raise ConfigurationError(
                    where,
                    got=f"'{method}', and no {label} in {prepared.trials.source}",
                    expected=f"trials with a {label}, from which it learns",
                    fix=f"name the field in data.x.fields, or set {where} without {method}",
                )
    named = {method for methods in asked.values() for method in methods}
    n_values = len(prepared.neurons) * (2 * prepared.context_bins + 1)
    if "pi_vae" in named and n_values <= config.model.pi_vae_size:
        raise ConfigurationError(
            "model.pi_vae_size",
            got=f"{config.model.pi_vae_size} with windows of {n_values} values",
            expected="fewer latent dimensions than values",
            fix=f"set model.pi_vae_size to at most {n_values - 1}, or leave pi_vae out",
        )
