"""The methods section of an evaluation of two days; the templates of its paragraphs lie beside this module."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.evaluation.contents import Reference
from cyclegan_neuro.evaluation.days.baselines import find_places
from cyclegan_neuro.evaluation.days.baselines.transports import MOST_NEURONS
from cyclegan_neuro.evaluation.days.beyond.scores import MOST_NEURONS as MOST_SCORED
from cyclegan_neuro.evaluation.days.beyond.scores import too_short
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.tuning import tuning_is_known
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.recordings.checks.indicator import NETWORKS_ARE_FOR
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["methods_of_days"]

_FOLDER = Path(__file__).parent


def methods_of_days(
    config: DaysConfig,
    prepared: PreparedPair,
    training: Paragraph,
    *,
    spikes: SpikeMeasurements | None = None,
    explained: Interpretation | None = None,
) -> tuple[tuple[str, ...], tuple[Reference, ...]]:
    """Return the paragraphs of a methods section and the works that they cite.

    Parameters
    ----------
    config : DaysConfig
        Resolved.
    prepared : PreparedPair
    training : Paragraph
        Tells what was trained, and how.
    spikes : SpikeMeasurements, optional
        Absent where no spikes were inferred.
    explained : Interpretation, optional
        Absent where the networks were not explained.

    Returns
    -------
    paragraphs : tuple of str
    references : tuple of Reference
    """
    run = {"config": config, "prepared": prepared}
    baselines = {
        "places": find_places(config.evaluation, prepared),
        "most_lagged_neurons": MOST_NEURONS,
        "has_tuning": tuning_is_known(prepared),
    }
    paragraphs = [
        Paragraph(_FOLDER / "recordings.j2", run),
        training,
        Paragraph(_FOLDER / "comparison.j2", run | baselines),
    ]
    if not too_short(prepared):
        scored = {"places": baselines["places"], "n_neurons": prepared.n_neurons, "most_neurons": MOST_SCORED}
        paragraphs.append(Paragraph(_FOLDER / "beyond.j2", scored))
    libraries = []
    if spikes is not None:
        parts = [part for pairs in spikes.recorder.parts.values() for pair in pairs for part in pair]
        inference = {
            "recorder": spikes.recorder,
            "shipped_networks_are_for": NETWORKS_ARE_FOR,
            "floor_windows": sorted({len(part) for part in parts}),
            "sample": spikes.sample,
        }
        paragraphs.append(Paragraph(_FOLDER / "spikes.j2", run | inference))
        libraries += ["Elephant", "Neo"] if spikes.recorder.section.van_rossum == "elephant" else []
    if explained is not None:
        paragraphs.append(Paragraph(_FOLDER / "maps.j2", vars(explained)))
        libraries.append("tf-keras-vis")
    return render_methods(paragraphs, libraries=libraries)
