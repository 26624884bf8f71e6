"""What the CycleGAN offers to training, report and command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cyclegan_neuro.systems.cyclegan.config import Config, critic_updates, windows_per_step
from cyclegan_neuro.systems.days import DaysSystem

__all__ = ["CycleGANSystem"]


class CycleGANSystem(DaysSystem):
    """Unpaired translation between novice and expert activity."""

    name, label = "cyclegan", "CycleGAN"
    title = "CycleGAN between the activity before and after learning"
    citation = (
        "Li, B. M., Amvrosiadis, T., Rochefort, N., Onken, A. (2021). "
        "Neuronal learning analysis using cycle-consistent adversarial networks."
    )
    Config = Config

    def windows_per_step(self, config):
        return windows_per_step(config)

    def prepare(self, config, *, run_directory=None):
        from cyclegan_neuro.systems.cyclegan.knowledge import seen_by_networks

        days = super().prepare(config, run_directory=run_directory)
        return seen_by_networks(config, days, run_directory=run_directory)

    def begins_as(self, prepared):
        from cyclegan_neuro.systems.cyclegan.knowledge import begins_as

        return begins_as(prepared)

    def learned_with(self, config):
        """Return what gives the backbone its places and its shrinkage, and the time since an event its range."""
        if not config.model.backbone and "time_since_event" not in config.model.condition:
            return ()
        around = ("before_event_s", "after_event_s", "event_bin_s")
        return "position_bin_cm", "ot_shrinkage", *(f"interpretation.{name}" for name in around)

    def build(self, config, prepared):
        from cyclegan_neuro.systems.cyclegan.model import build_cyclegan

        return build_cyclegan(config, prepared)

    def draws(self, config):
        return config.model.noise_channels > 0

    def translate(self, config, prepared, trainer, recording, *, to, sample=(0, 0)):
        from cyclegan_neuro.systems.cyclegan.knowledge import with_recording

        known = with_recording(config, prepared, "x" if to == "y" else "y", recording)
        return super().translate(config, known, trainer, recording, to=to, sample=sample)

    def training_figures(self, config, prepared, trainer):
        from cyclegan_neuro.systems.cyclegan.training_figures import training_figures

        return training_figures(config, prepared, trainer)

    def training_paragraph(self, config, prepared, *, updates):
        from cyclegan_neuro.evaluation.methods import Paragraph

        facts = {
            "config": config,
            "backbone": getattr(prepared, "backbone", None),
            "critic_updates": critic_updates(config),
            "steps_per_epoch": self.steps_per_epoch(config, prepared),
            "updates": updates,
        }
        return Paragraph(Path(__file__).with_name("methods.j2"), facts)

    def condition(self, config):
        return config.model.condition

    def views(self, config, prepared, trainer):
        from cyclegan_neuro.systems.cyclegan.views import view_networks

        return partial(view_networks, trainer, config.evaluation.interpretation, prepared)
