"""Whether the encoding GAN finds a change of noise correlations from one day to the other, where the truth is known.

    python benchmarks/encoding_gan_change.py [--before 0.10] [--after 0.04] [--seeds 1 2 3] [--set a.b=c ...]

Both days are simulated V1s of the same number of neurons, whose loadings on shared latents differ; stimuli are known by
identity. With ``--after`` equal to ``--before`` pairs of neurons change, and their mean does not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from _common import ROOT, parser, print_table, write_json

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.evaluation.encoding.measurements import measure_models
from cyclegan_neuro.populations.responses.preparing import split_responses
from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.populations.responses.sections import VisualCortexSection
from cyclegan_neuro.populations.simulate.visual_cortex import simulate_visual_cortex
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.systems.encoding_gan.config import Config
from cyclegan_neuro.systems.encoding_gan.fitting import Encoder, build, training_stream

_STATISTICS = ("r", "slope", "rmse", "mean")


def two_days(before: float, after: float, seed: int, *, n_neurons: int, n_stimuli: int, n_trials: int):
    """Return responses of two days, half of the trials of each held out."""
    size = {"n_neurons": n_neurons, "n_bins": n_stimuli, "n_trials": n_trials, "frame_pixels": 15}
    x, y = (
        simulate_visual_cortex(VisualCortexSection(noise_correlation=mean, seed=2 * seed + day, **size))
        for day, mean in enumerate((before, after))
    )
    both = replace(
        x,
        counts=np.concatenate([x.counts, y.counts]),
        stimulus=np.concatenate([x.stimulus, n_stimuli + y.stimulus]),
        trial=np.concatenate([x.trial, n_trials + y.trial]),
        n_stimuli=2 * n_stimuli,
        day=np.repeat([0, 1], n_stimuli),
        movie=None,
        in_time=False,
        truth=None,
    )
    return split_responses(both, condition="identity")


def trained(config: Config, prepared: PreparedResponses) -> dict[str, Encoder]:
    """Return the generator and the supervised network, trained as ``train.py`` trains them."""
    trainer = build(config, prepared)
    trainer.make_train_function()
    stream = iter(training_stream(config, prepared, start_step=0))
    for _ in range(config.training.epochs):
        trainer.train_function(stream)
    trainer.use_average_weights()
    return {"model": Encoder(trainer, trainer.generator, "GAN"), "rival": Encoder(trainer, trainer.supervised, "none")}


def rows(config: Config, prepared: PreparedResponses, seed: int) -> list[dict]:
    """Train and return the change as held-out trials, training trials and models have it."""
    encoders = trained(config, prepared)
    found = measure_models(
        config.evaluation, prepared, encoders["model"], {"supervised": encoders["rival"]}, cache=ResultCache(None)
    )
    change = found.metrics()["encoding"]["change"]
    told = []
    for name in ("data", "model", "copula", "copula_psth"):
        one = change["models"][name]
        row = {"seed": seed, "change of noise correlations": name}
        row |= {statistic: one[statistic]["value"] for statistic in _STATISTICS}
        told.append(row | {"low": one["mean"]["low"], "high": one["mean"]["high"], "recorded": change["verdict"]})
    return told


def main() -> None:
    """Train a model for each seed and print what it says of the change."""
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("--before", type=float, default=0.10, help="mean noise correlation of day x (0.10)")
    options.add_argument("--after", type=float, default=0.04, help="the same of day y (0.04)")
    options.add_argument("--neurons", type=int, default=30)
    options.add_argument("--stimuli", type=int, default=60)
    options.add_argument("--trials", type=int, default=60)
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options.add_argument("--set", action="append", default=[], metavar="a.b=c", help="over configs/encoding_gan/days")
    arguments = options.parse_args()
    path = ROOT / "configs" / "encoding_gan" / "days.yaml"
    table = []
    for seed in arguments.seeds:
        config = load_config(path, Config, overrides=[*arguments.set, f"training.seed={seed}"])
        size = {"n_neurons": arguments.neurons, "n_stimuli": arguments.stimuli, "n_trials": arguments.trials}
        table += rows(config, two_days(arguments.before, arguments.after, seed, **size), seed)
    print_table(table)
    write_json(arguments.json, {"rows": table})


if __name__ == "__main__":
    main()
