"""One pass over the test windows per translator: every number and array that the report needs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.days.baselines import find_places, fit_baselines
from cyclegan_neuro.evaluation.days.beyond.scores import Beyond, BeyondTuning, too_short
from cyclegan_neuro.evaluation.days.one_to_many import Draw, Samples, measure_samples
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.evaluation.days.signals import SignalErrors, add_gap_closed, phi_bounds
from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder, SpikeSignal
from cyclegan_neuro.evaluation.days.translation import (
    Model,
    Translation,
    Translator,
    translate,
)
from cyclegan_neuro.evaluation.days.tuning import TuningCurves, training_curves, tuning_is_known, tuning_metrics
from cyclegan_neuro.evaluation.days.turned_maps import Turn, find_turn
from cyclegan_neuro.evaluation.days.validation import nearness, validation_distances
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["Measurements", "PlaceMaps", "example_windows", "measure"]

_MODEL_FIELDS = ("f_y", "f_g_x", "g_x", "g_f_y")
_ALIGNED_FIELDS = ("f_y", "g_x")  # cycles of what can be inverted exactly return what went in


@dataclass(frozen=True, eq=False)
class PlaceMaps:
    """What is seen at each place (time within the window, neuron) over all test windows, in ΔF/F.

    Attributes
    ----------
    deviation : dict
        Standard deviation over windows of ``x``, ``y``, ``g_x``, ``f_y``; ndarray (time, neuron).
    error : dict
        Mean absolute differences ``x_minus_y``, ``y_minus_g_x``, ``x_minus_f_y``; ndarray (time, neuron).
    """

    deviation: dict[str, np.ndarray]
    error: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Measurements:
    """What one evaluation found.

    Attributes
    ----------
    pair : PreparedPair
        That was measured.
    model : str
        What sentences call the model.
    signals, tuning, change : dict
        Content of ``metrics.json``; ``tuning`` is empty where no position is known. ``change`` says
        how far the model moves windows: ``x`` |X - G(X)|, ``y`` |Y - F(Y)|.
    moved : ndarray of float64, shape (neuron,)
        Mean |x - G(x)| over test windows.
    turns : dict
        Direction (``y`` for G(X), ``x`` for F(Y)) → ``model`` and ``identity`` → how their maps are turned; empty
        without position.
    shrinkages : dict
        Name of an alignment by optimal transport → its shrinkage.
    curves : dict
        Tuning curves of the model by field of the Translation; empty without position.
    tuned : dict
        Translator → tuning curves ``g_x`` and ``f_y``; empty without position.
    edges_cm : ndarray, optional
        Position bins of ``curves``.
    example : Translation
        One test window of each day, translated by the model.
    translated : dict
        Translator → G(x) of the same window; ndarray (time, neuron).
    place_maps : PlaceMaps, optional
        Only where y is Φ(X), which depends on the place within the window.
    spikes : dict
        Translator (or ``"recorded"``) → signal, named as in Translation, → its spikes; empty where no spikes
        are inferred.
    beyond : Beyond, optional
        Scores beyond mean tuning; absent where :func:`too_short` says why.
    validation : dict
        Translator → :func:`validation_distances`.
    made : dict of str to ndarray of float32, shape (row, neuron)
        Translator → G(x) of the frames of day x's test part; empty where ``beyond`` is absent.
    samples : Samples, optional
        Of a model that draws its translations, where there are scores beyond mean tuning.
    """

    pair: PreparedPair
    model: str
    signals: dict
    tuning: dict
    change: dict
    moved: np.ndarray
    turns: dict[str, dict[str, Turn]]
    shrinkages: dict[str, float]
    curves: dict[str, np.ndarray]
    tuned: dict[str, dict[str, np.ndarray]]
    edges_cm: np.ndarray | None
    example: Translation
    translated: dict[str, np.ndarray]
    place_maps: PlaceMaps | None
    spikes: dict[str, dict[str, SpikeSignal]]
    beyond: Beyond | None = None
    validation: dict[str, float] = field(default_factory=dict)
    made: dict[str, np.ndarray] = field(default_factory=dict)
    samples: Samples | None = None


def measure(
    section: EvaluationSection,
    prepared: PreparedPair,
    model: Model,
    *,
    recorder: SpikeRecorder | None = None,
    draw: Draw | None = None,
) -> Measurements:
    """Translate all test windows with the model and the baselines, and measure.

    Parameters
    ----------
    section : EvaluationSection
    prepared : PreparedPair
    model : Model
        Called ``model`` in what comes back.
    recorder : SpikeRecorder, optional
        Infers the spikes of what is translated.
    draw : callable, optional
        Gives the model with the noise of a number, where it reads noise.
    """
    changed, of_places = prepared.changed, _PlaceSums() if prepared.is_paired else None
    moved = _Moved()
    with_tuning = tuning_is_known(prepared)
    errors, tuned, translated, made, example = {}, {}, {}, {}, None
    spikes = {} if recorder is None else _recorded_spikes(recorder)
    places = find_places(section, prepared)
    baselines = fit_baselines(section, prepared, places=places)
    beyond = None if too_short(prepared) else BeyondTuning(prepared, places)
    translators: tuple[Translator, ...] = (model, *baselines)
    for translator in translators:
        name, of_model = translator.name, translator is model
        errors[name] = SignalErrors(changed)
        collectors: list[Any] = [
            errors[name],
            *([moved] if of_model else []),
            *([of_places] if of_model and of_places else []),
        ]
        if with_tuning and name != "identity":
            fields = {} if of_model else {"fields": _ALIGNED_FIELDS}
            tuned[name] = TuningCurves(prepared, bin_cm=section.position_bin_cm, **fields)
            collectors.append(tuned[name])
        if beyond is not None:
            collectors.append(beyond.collector())
        for translation in translate(translator, prepared, batch_size=section.batch_size):
            for collector in collectors:
                collector.add(translation)
            if (middle := _middle_window(translation, prepared)) is not None:
                translated[name], example = middle.g_x[0], middle if of_model else example
        if beyond is not None:
            beyond.take(name, collectors[-1])
            made[name] = collectors[-1].made["g_x"]
        if recorder is not None and name not in spikes:
            wanted, matched = (_MODEL_FIELDS, _ALIGNED_FIELDS) if of_model else (_ALIGNED_FIELDS, ())
            spikes[name] = recorder.translated(translator, wanted, batch_size=section.batch_size, matched=matched)
    validation = validation_distances(prepared, translators, batch_size=section.batch_size)
    samples = None
    if draw is not None and beyond is not None:
        near = nearness(prepared, places, baselines)
        best = min(baselines, key=lambda one: near[one.name])
        samples = measure_samples(prepared, places, draw, best, batch_size=section.batch_size)
    reference, curves, edges_cm = {}, {}, None
    if with_tuning:
        own = tuned.pop("model")
        edges_cm = own.edges_cm
        reference = own.curves() | training_curves(prepared, edges_cm)
        curves = {"model": reference, "identity": {"g_x": reference["x"], "f_y": reference["y"]}}
        curves |= {name: collected.curves() for name, collected in tuned.items()}
    return Measurements(
        pair=prepared,
        model=model.label,
        signals=_signals(errors, prepared),
        tuning=tuning_metrics(reference, curves, changed) if with_tuning else {},
        change={day: errors["model"].summary()[f"change_{day}"] for day in ("x", "y")},
        moved=np.mean(moved.of_windows, axis=0),
        turns=_turns(reference, curves, changed, edges_cm) if with_tuning else {},
        shrinkages={one.name: one.shrinkage for one in baselines if one.shrinkage is not None},
        curves=reference,
        tuned=curves,
        edges_cm=edges_cm,
        example=example,
        translated=translated,
        place_maps=of_places.maps() if of_places else None,
        spikes=spikes,
        beyond=None if beyond is None else beyond.result(),
        validation=validation,
        made=made,
        samples=samples,
    )


def _turns(reference: dict, curves: dict, changed: np.ndarray | None, edges_cm: np.ndarray) -> dict:
    """How the maps of the model and of the recorded days are turned; of changed neurons where they are known."""
    neurons = np.ones(reference["x"].shape[1], bool) if changed is None else changed
    goals = {"y": ("g_x", "y" if changed is None else "truth_y"), "x": ("f_y", "x" if changed is None else "truth_x")}
    return {
        direction: {
            name: find_turn(curves[name][field], reference[goal], neurons, edges_cm) for name in ("model", "identity")
        }
        for direction, (field, goal) in goals.items()
    }


def example_windows(translation: Translation, window: int) -> Translation:
    """Return the Translation of window ``window`` alone (arrays keep their window axis)."""
    chosen = slice(window, window + 1)
    values = {f.name: getattr(translation, f.name) for f in fields(translation)}
    return Translation(**{name: None if v is None else v[chosen].copy() for name, v in values.items()})


def _middle_window(translation: Translation, prepared: PreparedPair) -> Translation | None:
    """The middle test window, if ``translation`` holds it."""
    starts = prepared.x.starts.test
    middle = min(len(starts), len(prepared.y.starts.test)) // 2  # both days have one of that index
    where = np.flatnonzero(translation.x_starts == starts[middle])
    return example_windows(translation, int(where[0])) if where.size else None


def _recorded_spikes(recorder: SpikeRecorder) -> dict[str, dict[str, SpikeSignal]]:
    """Spikes of both days, and of identity, which takes them for each other."""
    x, y = (recorder.recorded(day, label=f"recorded {day}") for day in ("x", "y"))
    return {"recorded": {"x": x, "y": y}, "identity": {"f_y": y, "g_x": x}}


def _signals(errors: dict[str, SignalErrors], prepared: PreparedPair) -> dict:
    """Metric → translator → statistics, as in ``metrics.json``."""
    signals: dict[str, dict] = {}
    for name, collected in errors.items():
        for metric, entry in collected.summary().items():
            if metric not in ("x_minus_y", "change_x", "change_y"):
                signals.setdefault(metric, {})[name] = entry
    signals["x_minus_y"] = {"recorded": errors["identity"].summary()["x_minus_y"]}
    for metric, entry in phi_bounds(prepared).items():
        signals[metric]["best_possible"] = entry
    add_gap_closed(signals)
    return signals


class _Moved:
    """Mean |x - G(x)| of each neuron in every window."""

    def __init__(self) -> None:
        self.of_windows: list[np.ndarray] = []

    def add(self, t: Translation) -> None:
        self.of_windows += [np.abs(x - g_x).mean(axis=0, dtype=np.float64) for x, g_x in zip(t.x, t.g_x, strict=True)]


class _PlaceSums:
    """Sums behind :class:`PlaceMaps`; memory is (time, neuron)."""

    _FIELDS = ("x", "y", "g_x", "f_y")

    def __init__(self) -> None:
        self._sums: dict[str, np.ndarray] = {}
        self._n = 0

    def add(self, t: Translation) -> None:
        self._n += len(t.x)
        for name in self._FIELDS:
            self._add(name, getattr(t, name))
            self._add(f"{name}_squared", np.square(getattr(t, name), dtype=np.float64))
        self._add("x_minus_y", np.abs(t.x - t.y))
        self._add("y_minus_g_x", np.abs(t.truth_y - t.g_x))
        self._add("x_minus_f_y", np.abs(t.truth_x - t.f_y))

    def _add(self, name: str, windows: np.ndarray) -> None:
        self._sums[name] = self._sums.get(name, 0.0) + windows.sum(axis=0, dtype=np.float64)

    def maps(self) -> PlaceMaps:
        means = {name: total / self._n for name, total in self._sums.items()}
        variance = {name: means[f"{name}_squared"] - means[name] ** 2 for name in self._FIELDS}
        return PlaceMaps(
            deviation={name: np.sqrt(np.clip(values, 0.0, None)) for name, values in variance.items()},
            error={name: means[name] for name in ("x_minus_y", "y_minus_g_x", "x_minus_f_y")},
        )
