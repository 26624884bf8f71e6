"""Ablations of Swap-VAE (Liu et al. 2021, Table 3) and further variants, cross-validated over trials.

    python benchmarks/swap_vae_variants.py --config configs/swap_vae/chewie_1.yaml [--only no_swap wider ...]
        [--folds 5] [--set a.b=c ...] [--json FILE]

Each variant is trained once in every fold, its own training seed per fold; direction is decoded as in the report. The
last two columns compare with the configuration as it is, paired over trials: difference in points, and p after Holm.
"""

from __future__ import annotations

from _common import parser, print_table, write_json

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.populations.decoding.cross_validation import folds, holm, interval, paired
from cyclegan_neuro.populations.decoding.readouts import Decoded, decode
from cyclegan_neuro.populations.trials.preparing import prepare_trials
from cyclegan_neuro.spikes.statistics.parallel import Workers
from cyclegan_neuro.systems.swap_vae.config import Config

REFERENCE, RAW = "as configured", "raw activity"
VARIANTS: dict[str, tuple[str, ...]] = {
    REFERENCE: (),
    "no_l2": ("objective.alignment=0",),
    "no_swap": ("objective.swapped=0",),
    "swap_only": ("objective.alignment=0", "objective.original=0"),
    "vanilla_vae": ("objective.method=vae",),
    "spatial_only": ("views.max_lag_bins=0", "views.dropout=0.6"),
    "both_augmentations": ("views.dropout=0.6",),
    "shared_dropout": ("views.dropout=0.6", "views.dropout_mask=shared"),
    "narrower": ("views.max_lag_bins=2",),
    "wider": ("views.max_lag_bins=10",),
    "beta_1": ("objective.beta=1",),
    "alignment_10": ("objective.alignment=10",),
    "longer": ("training.epochs=90",),
    "context_1": ("data.context_bins=1",),
    "context_4": ("data.context_bins=4",),
    "context_4_dropout": ("data.context_bins=4", "views.dropout=0.6", "views.dropout_mask=shared"),
}
"""Name → settings. Raw activity with the same context stands below those that have any."""


def decoded_from(config: Config, fold: int, n_folds: int, raw: bool) -> dict[str, Decoded]:
    """Train on one fold and decode the direction of its held-out trials from every space."""
    from cyclegan_neuro.systems.swap_vae.fitting import fit_method

    split = folds(prepare_trials(config.data), n_folds, seed=config.evaluation.seed)[fold]
    if raw:
        spaces = {"full": split.windows()}
    else:
        model = fit_method(config, config.objective.method, split, config.training.seed + fold)
        spaces = model.spaces(split.windows())
    return {name: decode(space, split, "direction", seed=config.evaluation.seed) for name, space in spaces.items()}


def row(name: str, found: dict[str, Decoded], reference: Decoded) -> dict:
    """Return one line of the table; p is not yet adjusted."""
    full, low_high = found["full"], interval(found["full"])
    told = {"variant": name, "acc %": 100 * full.accuracy, "low": 100 * low_high[0], "high": 100 * low_high[1]}
    told |= {"delta-acc %": 100 * full.near_accuracy}
    told |= {
        f"{space} acc %": 100 * found[space].accuracy if space in found else None for space in ("content", "style")
    }
    test = paired(full, reference)
    return told | {"difference": 100 * test.mean, "p": test.p}


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("--config", required=True, help="YAML file of a Swap-VAE")
    options.add_argument("--set", action="append", default=[], metavar="a.b=c", help="override for all variants")
    options.add_argument(
        "--only", nargs="+", choices=[*VARIANTS][1:], help="variants beside the configuration as it is"
    )
    options.add_argument("--folds", type=int, default=5)
    options.add_argument("--processes", type=int, help="networks at a time; all cores when absent")
    arguments = options.parse_args()
    chosen = [REFERENCE, *(arguments.only or [*VARIANTS][1:])]
    cases: dict[str, tuple[Config, bool]] = {}
    for name in chosen:
        config = load_config(arguments.config, Config, overrides=[*arguments.set, *VARIANTS[name]])
        cases[name] = (config, False)
        cases[f"{RAW}, context {config.data.context_bins}"] = (config, True)
    tasks = [(config, fold, arguments.folds, raw) for config, raw in cases.values() for fold in range(arguments.folds)]
    with Workers(arguments.processes) as workers:
        parts = iter(workers.map(decoded_from, tasks))
    found = {}
    for name in cases:
        of_folds = [next(parts) for _ in range(arguments.folds)]
        found[name] = {space: Decoded.joined([part[space] for part in of_folds]) for space in of_folds[0]}
    rows = [row(name, spaces, found[REFERENCE]["full"]) for name, spaces in found.items()]
    for one, p in zip(rows[1:], holm([one["p"] for one in rows[1:]]), strict=True):
        one["p"] = float(p)
    print_table(rows)
    write_json(arguments.json, rows)


if __name__ == "__main__":
    main()
