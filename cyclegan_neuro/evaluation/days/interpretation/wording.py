"""What networks, methods and scores are called in figures, tables and text."""

from __future__ import annotations

__all__ = ["METHOD_LABELS", "NETWORKS", "method_label"]

#: Network → the day whose windows it is shown.
NETWORKS = {"D_X": "x", "D_Y": "y", "G": "x", "F": "y"}
METHOD_LABELS = {
    "grad_cam": "Grad-CAM",
    "layer_cam": "LayerCAM",
    "saliency": "saliency",
    "gradient_input": "gradient × input",
    "attention_gate_1": "mask AG1",
    "attention_gate_2": "mask AG2",
    "input_gate": "input gate",
    "change": "own change",
}
_CONTRAST_LABELS = {
    "tuning_difference": "tuning difference, all frames",
    "tuning_difference_test": "tuning difference, same windows",
    "variability_difference": "difference of variability",
    "position_shift": "change by the tuning shift",
    "position_moments": "change by moments per position",
    "event_shift": "change by the shift per time since the event",
    "event_moments": "change by moments per time since the event",
}


def method_label(method: str, *, network: str = "") -> str:
    """Return the name of a method or contrast; a generator's own change names its terms.

    Examples
    --------
    >>> method_label("change", network="F")
    'own change |F(y) − y|'
    """
    if method == "change" and network:
        return f"own change |{network}({NETWORKS[network]}) − {NETWORKS[network]}|"
    return METHOD_LABELS.get(method) or _CONTRAST_LABELS[method]
