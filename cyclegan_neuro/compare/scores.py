"""Which numbers of ``metrics.json`` are compared, what they are called, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.days.beyond.scores import SCORES as BEYOND
from cyclegan_neuro.evaluation.days.names import METRICS, PAIRS, STATISTICS
from cyclegan_neuro.evaluation.days.story.wording import TRANSLATOR_LABELS, row_label
from cyclegan_neuro.evaluation.samples.measurements import LABELS as SAMPLE_LABELS
from cyclegan_neuro.populations.statistics import NAMES as SAMPLE_STATISTICS

__all__ = ["REFERENCES", "Score", "ScoreGroup", "asked_group", "nearness", "rival_label", "score_groups"]

LOW, HIGH = -math.inf, math.inf
REFERENCES = {
    **{name: TRANSLATOR_LABELS[name] for name in ("training_laps", "noise", "best_possible")},
    "noise_floor": "noise floor: the recorded day against itself", "floor": "floor: the recording against itself",
    "truth": "truth", "data": "recorded trials against themselves", "chance": "chance",
}  # fmt: skip
"""What is no rival, but the best that can be reached or what chance reaches."""
_SKIPPED = ("weights", "timing", "versions")
_FALLBACK = 12  # numbers of a system that nothing is known of
_TRANSLATED = {"y": "G(X)", "x": "F(Y)"}


@dataclass(frozen=True)
class Score:
    """A number of every run.

    Attributes
    ----------
    path : str
        Dotted place in ``metrics.json``; ``*`` stands for the run's own model and its rivals.
    label : str
    ideal : float, optional
        The nearer to it, the better; -inf and inf stand for low and high. None: no value is better.
    own : str
        What ``*`` is of the run's own model; of ``model/part``, rivals are the same part of others.
    beside : tuple of str
        Numbers that stand beside the models themselves, such as chance.
    """

    path: str
    label: str
    ideal: float | None = LOW
    own: str = "model"
    beside: tuple[str, ...] = ()

    def values(self, metrics: Mapping[str, Any]) -> dict[str, float]:
        """Return finite values by model; the run's own is ``"model"``."""
        first, star, rest = self.path.partition("*")
        found: dict[str, float] = {}
        if not star:
            found["model"] = _number(_at(metrics, first))
        else:
            entry = _at(metrics, first.strip("."))
            part = self.own.partition("/")[2]
            for name in entry if isinstance(entry, Mapping) else ():
                if name == self.own or name.partition("/")[2] == part:
                    value = _at(entry[name], rest.strip(".")) if rest else entry[name]
                    found["model" if name == self.own else name] = _number(value)
            found |= {name: _number(_at(entry, name)) for name in self.beside}
        return {name: value for name, value in found.items() if math.isfinite(value)}


@dataclass(frozen=True)
class ScoreGroup:
    """Scores that share a table.

    Attributes
    ----------
    slug, title, caption : str
    scores : tuple of Score
    counterpart : str
        Tables of the paper that have this shape.
    lead : tuple of str
        Paths of scores that the first screen may be about.
    """

    slug: str
    title: str
    caption: str
    scores: tuple[Score, ...]
    counterpart: str = ""
    lead: tuple[str, ...] = ()

    @property
    def leading(self) -> tuple[Score, ...]:
        """The scores of ``lead`` that there are."""
        return tuple(score for score in self.scores if score.path in self.lead)


def nearness(value: float, ideal: float | None) -> float:
    """Return what is least for the best value; NaN where no value is better.

    Examples
    --------
    >>> [nearness(0.7, ideal) for ideal in (LOW, HIGH, 0.5)]
    [0.7, -0.7, 0.19999999999999996]
    """
    if ideal is None:
        return math.nan
    return -math.copysign(1, ideal) * value if math.isinf(ideal) else abs(value - ideal)


def rival_label(name: str, metrics: Mapping[str, Any]) -> str:
    """Return what a rival, a baseline or the best that can be reached is called."""
    if name in REFERENCES:
        return REFERENCES[name]
    if name in TRANSLATOR_LABELS:
        return row_label(name)
    own = metrics.get("encoding", {}).get("labels", {})
    decoded = next(iter(metrics.get("decoding", {}).get("direction", {}).get(name, {}).items()), ("", ""))
    return own.get(name) or SAMPLE_LABELS.get(name) or (decoded[1] if decoded[0] == "label" else "") or name


def score_groups(metrics: Sequence[Mapping[str, Any]]) -> tuple[ScoreGroup, ...]:
    """Return the groups of scores that any of the runs has, each with those that any has.

    What is known is told by what an evaluation wrote, whatever the system is called; of an evaluation that is not
    known, the first numbers, of which none is better.
    """
    known = [*_days(), *_others(metrics)]
    groups = []
    for group in known:
        scores = tuple(score for score in group.scores if any(score.values(one) for one in metrics))
        if scores:
            groups.append(replace(group, scores=scores))
    if not groups:
        leaves = dict.fromkeys(path for one in metrics for path in _leaves(one))
        if not leaves:
            raise ConfigurationError(
                "compare", got="no number in report/metrics.json of any run", expected="what an evaluation wrote",
                fix="evaluate the runs again",
            )  # fmt: skip
        scores = tuple(Score(path, path, None) for path in [*leaves][:_FALLBACK])
        told = f"The first {len(scores)} numbers of metrics.json; --scores names others."
        groups = [ScoreGroup("scores", "Scores", told, scores, lead=tuple(score.path for score in scores[:2]))]
    return tuple(groups)


def asked_group(asked: Sequence[str], metrics: Sequence[Mapping[str, Any]]) -> ScoreGroup:
    """Return a group of the scores that a user names: dotted paths, ``:low``, ``:high`` or ``:0.5`` behind them.

    Raises
    ------
    ConfigurationError
        If no run has such a number, or what is better cannot be read.
    """
    known = {score.path: score for group in (*_days(), *_others(metrics)) for score in group.scores}
    scores = []
    for text in asked:
        path, colon, better = text.partition(":")
        ideals = {"low": LOW, "high": HIGH}
        try:
            ideal = ideals[better] if better in ideals else float(better) if colon else None
            if better not in ideals and not math.isfinite(ideal or 0.0):
                raise ValueError(better)
        except ValueError:
            raise ConfigurationError(
                f"--scores {text}",
                got=f"'{better}' as what is better",
                expected="low, high or a number",
                fix="correct it",
            ) from None
        own = next((score.own for at, score in known.items() if at.split(".")[0] == path.split(".")[0]), "model")
        score = known.get(path, Score(path, path, None, own))
        score = replace(score, ideal=ideal) if colon else score
        if not any("model" in score.values(one) for one in metrics):
            leaves = [leaf for one in metrics[:1] for leaf in _leaves(one) if leaf.split(".")[0] == path.split(".")[0]]
            raise ConfigurationError(
                f"--scores {path}", got="no number of that name in any run",
                expected=f"a dotted path of metrics.json, such as {(leaves or ['signals.direct_y.model.mean'])[0]}",
                fix="look it up in report/metrics.json of a run",
            )  # fmt: skip
        scores.append(score)
    lead = tuple(score.path for score in scores[:2])
    return ScoreGroup("asked", "Scores that were asked for", "Those of --scores.", tuple(scores), lead=lead)


def _days() -> Iterator[ScoreGroup]:
    order = ("direct_x", "cycle_x", "identity_x", "direct_y", "cycle_y", "identity_y")
    yield ScoreGroup(
        "signals", "Signal metrics", "Mean absolute difference in ΔF/F over test windows; less is better. Cycle and "
        "identity errors are 0 for what does nothing: they say what a translation costs, and rank nothing alone.",
        tuple(_signal(name) for name in order), "Tables 1, G.1, I.1, J.1 and K.1",
        (_signal("direct_y").path, _signal("direct_x").path),
    )  # fmt: skip
    yield ScoreGroup(
        "signals_changed", "Signal metrics of changed neurons", "Mean absolute difference in ΔF/F over test windows, "
        "of the neurons that learning changed alone; less is better.",
        (_signal("direct_changed_x"), _signal("direct_changed_y")),
    )  # fmt: skip
    for which, of in (("changed", "that learning changed"), ("unchanged", "that learning left as they were")):
        yield ScoreGroup(
            f"tuning_{which}", f"Position tuning of {which} neurons", f"Tuning curves of the neurons {of} against "
            "those that they should have: mean absolute error in ΔF/F, less is better; correlation, more is better.",
            tuple(
                Score(f"tuning.{which}_{day}.*.{measure}", f"{_TRANSLATED[day]}: {label}", ideal)
                for day in "yx" for measure, label, ideal in (("mae", "error", LOW), ("correlation", "r", HIGH))
            ),
        )  # fmt: skip
    for day in "yx":
        for slug, told, with_truth in (("beyond", "the recorded day", False), ("beyond_truth", "the truth", True)):
            yield ScoreGroup(
                f"{slug}_{day}", f"Beyond mean tuning: {_TRANSLATED[day]} against {told}",
                "Errors and distances: less is better; r and slopes: 1 is best; AUC of a classifier: 0.5 is best.",
                tuple(
                    Score(f"beyond_tuning.{day}.{name}.*", score.label.removesuffix(", truth"), score.ideal or LOW)
                    for name, score in BEYOND.items() if name.endswith("_truth") is with_truth
                ), lead=(f"beyond_tuning.{day}.energy_distance.*",),
            )  # fmt: skip
    for statistic, named in STATISTICS.items():
        paths = {pair: f"spikes.{statistic}.{pair}.*.kl.mean" for pair in PAIRS}
        yield ScoreGroup(
            f"kl_{statistic}", f"Spikes: {named.label[0].lower()}{named.label[1:]}",
            "Kullback-Leibler divergence (nats) between recorded and generated spikes, mean over neurons or windows; "
            "less is better, and at the noise floor nothing is left.",
            tuple(Score(paths[pair], f"KL({one.label})") for pair, one in PAIRS.items()),
            "Tables G.2, I.2, J.2 and K.2", (paths["y_from_x"], paths["x_from_y"]),
        )  # fmt: skip
    yield ScoreGroup(
        "validation", "Validation windows", "Distance of moments between translated and recorded validation windows, "
        "which needs no truth and no pairs; doing nothing has 1; less is better.",
        (Score("validation_distance.*", "distance of moments"),), lead=("validation_distance.*",),
    )  # fmt: skip


def _signal(name: str) -> Score:
    return Score(f"signals.{name}.*.mean", METRICS[name].label)


def _others(metrics: Sequence[Mapping[str, Any]]) -> Iterator[ScoreGroup]:
    yield ScoreGroup(
        "statistics", "Statistics of samples", "Root mean squared error against recorded samples; less is better.",
        tuple(Score(f"statistics.*.{name}.rmse", label) for name, label in SAMPLE_STATISTICS.items()),
        lead=("statistics.*.covariance.rmse", "statistics.*.lag_covariance.rmse"),
    )  # fmt: skip
    own = next((_own_row(one) for one in metrics if "decoding" in one), "model")
    accuracy = {label: f"decoding.{label}.*.accuracy.value" for label in ("direction", "time")}
    yield ScoreGroup(
        "decoding", "Decoding from the whole representation", "Accuracy on trials that no network saw; more is better.",
        tuple(Score(path, f"{label}: accuracy", HIGH, own, ("chance",)) for label, path in accuracy.items()),
        lead=tuple(accuracy.values()),
    )  # fmt: skip
    for part, told in (("held_out", "held-out stimuli"), ("train", "training stimuli")):
        path = f"encoding.{part}.models.*"
        yield ScoreGroup(
            f"encoding_{part}", f"Responses to {told}", "Against other trials, or the truth where it is known; of root "
            "mean squared errors (RMSE) less is better, of correlations (r) more.",
            (
                Score(f"{path}.noise_correlation.rmse.value", "noise correlations: RMSE"),
                Score(f"{path}.noise_correlation.r.value", "noise correlations: r", HIGH),
                Score(f"{path}.total_correlation.rmse.value", "total correlations: RMSE"),
                Score(f"{path}.firing_rate.rmse.value", "firing rates: RMSE"),
                Score(f"{path}.psth_r.value", "PSTH: r", HIGH),
            ), lead=(f"{path}.noise_correlation.rmse.value", f"{path}.psth_r.value"),
        )  # fmt: skip


def _own_row(metrics: Mapping[str, Any]) -> str:
    """Return the first row of a table of decoding: the run's own whole representation."""
    rows = metrics["decoding"].get("direction") or metrics["decoding"].get("time") or {}
    return next((name for name in rows if name.endswith("/full")), "model")


def _leaves(metrics: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted paths of numbers."""
    for key, value in metrics.items():
        if not prefix and key in _SKIPPED:
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        elif math.isfinite(_number(value)):
            yield f"{prefix}{key}"


def _at(entry: Any, path: str) -> Any:
    """Return what lies at a dotted path, also where keys hold dots; None where nothing does."""
    if not path:
        return entry
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        if isinstance(entry, Mapping) and ".".join(parts[:end]) in entry:
            return _at(entry[".".join(parts[:end])], ".".join(parts[end:]))
    return None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
