"""The paragraph of the methods on where the networks look."""

from __future__ import annotations

from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["map_keys", "maps_paragraph"]

_SCORES = {
    "change": "the mean absolute difference between output and input of the generators in ΔF/F",
    "output": "the mean absolute output of the generators",
}


def map_keys(found: Interpretation) -> tuple[str, ...]:
    """Return the keys of the works that :func:`maps_paragraph` cites."""
    gradients = "smilkov2017" if found.section.smooth_samples else "simonyan2014"
    return ("selvaraju2017", "jiang2021", gradients, "luo2016", "adebayo2018")


def maps_paragraph(prepared: PreparedPair, found: Interpretation) -> str:
    """Return how maps were made, averaged and checked, with every parameter."""
    section = found.section
    return (
        f"Where the networks look was mapped over {found.n_windows['x']} test windows of x (D_X and G) and "
        f"{found.n_windows['y']} of y (D_Y and F), by Grad-CAM (Selvaraju et al. 2017) at the last down-sampling block "
        "of the discriminators and the last residual block of the generators; LayerCAM (Jiang et al. 2021), with "
        "absolute values in place of its rectifications, at the second down-sampling block and the last residual "
        f"block; {_gradients(found)}; their product with the deviation of a neuron from its mean in the window; and "
        "the attention masks. Maps of inner layers were placed where their cells look: at the centre of mass of the "
        "squared gradients of a layer's middle cell (Luo et al. 2016), for masks of a cell that they let pass. "
        "Explained were the mean patch score of the discriminators and "
        f"{_SCORES[section.generator_score]}. {_averages(found)}Maps were compared with those of networks with initial "
        f"weights{_control(found)} (Adebayo et al. 2018) by rank correlation{_truth(found)}."
    )


def _gradients(found: Interpretation) -> str:
    section = found.section
    if not section.smooth_samples:
        return "absolute input gradients (Simonyan et al. 2014)"
    return (
        f"SmoothGrad (Smilkov et al. 2017; {section.smooth_samples} copies with noise of {section.smooth_noise:g} of a "
        "window's range)"
    )


def _averages(found: Interpretation) -> str:
    if found.coordinate is None:
        return ""
    width = found.coordinate.edges[1] - found.coordinate.edges[0]
    along = "position" if found.coordinate.kind == "position" else "time since the event"
    return f"Maps were averaged in bins of {width:g} {found.coordinate.unit} of {along}, each frame counted once. "


def _control(found: Interpretation) -> str:
    return "" if found.control is None else " and of networks trained on mixed days"


def _truth(found: Interpretation) -> str:
    if found.learning is None and found.corner is None:
        return ""
    over = "neurons and places in the corridor" if found.learning is not None else "places in the window"
    section = found.section
    return (
        f", and with the known truth by the area under the ROC curve over {over}, beside {section.n_shuffles:,} "
        f"shuffles (neurons permuted, places shifted around; seed {section.seed}), with 95 % intervals from resampled "
        "neurons"
    )
