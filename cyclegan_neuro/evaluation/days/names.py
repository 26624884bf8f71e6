"""What signals, metrics, networks, methods and scores are called: each name and its label once, for every consumer."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = [
    "CONTRAST", "CONTROL_LABELS", "LEADING", "MASKS", "METHOD_LABELS", "METRICS", "NETWORKS", "PAIRS", "SCORE_TITLES",
    "SIGNALS", "STATISTICS", "Metric", "Pair", "Signal", "Statistic", "method_label",
]  # fmt: skip

Day = Literal["x", "y"]


class Signal(NamedTuple):
    """A recorded day or what a translator makes of one.

    Attributes
    ----------
    label : str
    source : {"x", "y"}
        Day whose frames it has.
    target : {"x", "y"}
        Day that it should look like.
    """

    label: str
    source: Day
    target: Day


#: Signals as :class:`~cyclegan_neuro.evaluation.days.translation.Translation` names them.
SIGNALS = {
    "x": Signal("X", "x", "x"),
    "g_x": Signal("G(X)", "x", "y"),
    "truth_y": Signal("what G(X) should be", "x", "y"),
    "f_g_x": Signal("F(G(X))", "x", "x"),
    "f_x": Signal("F(X)", "x", "x"),
    "y": Signal("Y", "y", "y"),
    "f_y": Signal("F(Y)", "y", "x"),
    "truth_x": Signal("what F(Y) should be", "y", "x"),
    "g_f_y": Signal("G(F(Y))", "y", "y"),
    "g_y": Signal("G(Y)", "y", "y"),
}


class Metric(NamedTuple):
    """A mean absolute difference of two signals, over the neurons that learning changed alone if ``of_changed``."""

    first: str
    second: str
    of_changed: bool = False

    @property
    def label(self) -> str:
        """|Y − G(X)| and the like; the truth is told as the day that it should look like.

        Examples
        --------
        >>> METRICS["direct_changed_y"].label
        '|Y − G(X)|, changed neurons'
        """
        of = f"|{SIGNALS[self.first].target.upper()} − {SIGNALS[self.second].label}|"
        return f"{of}, changed neurons" if self.of_changed else of


METRICS = {
    "direct_y": Metric("truth_y", "g_x"),
    "direct_x": Metric("truth_x", "f_y"),
    "direct_changed_y": Metric("truth_y", "g_x", of_changed=True),
    "direct_changed_x": Metric("truth_x", "f_y", of_changed=True),
    "cycle_x": Metric("x", "f_g_x"),
    "cycle_y": Metric("y", "g_f_y"),
    "identity_x": Metric("x", "f_x"),
    "identity_y": Metric("y", "g_y"),
    "x_minus_y": Metric("x", "y"),
    "change_x": Metric("x", "g_x"),
    "change_y": Metric("y", "f_y"),
}


class Pair(NamedTuple):
    """A recorded day and a generated signal whose spikes are compared."""

    day: Day
    generated: str

    @property
    def label(self) -> str:
        return f"{SIGNALS[self.day].label} | {SIGNALS[self.generated].label}"


#: The four of sections 2.3 and 3.2.
PAIRS = {
    "x_from_y": Pair("x", "f_y"),
    "x_cycle": Pair("x", "f_g_x"),
    "y_from_x": Pair("y", "g_x"),
    "y_cycle": Pair("y", "g_f_y"),
}


class Statistic(NamedTuple):
    """A statistic of spikes, and the unit of its Wasserstein distance."""

    label: str
    unit: str


STATISTICS = {
    "firing_rate": Statistic("Firing rate", "Hz"),
    "correlation": Statistic("Pairwise correlation", "correlation"),
    "van_rossum": Statistic("Van Rossum distance", "distance"),
    "van_rossum_pairs": Statistic("Van Rossum distance between neurons", "distance"),
}

#: Network → the day whose windows it is shown.
NETWORKS: dict[str, Day] = {"D_X": "x", "D_Y": "y", "G": "x", "F": "y"}
CONTRAST = "recorded"
"""Key of the contrasts of the recorded days, beside the networks."""
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
LEADING = "saliency"
"""The method that speaks for a network: it resolves neurons in all of them and found known answers most reliably."""
MASKS = ("attention_gate_1", "attention_gate_2", "input_gate")
_CONTRAST_LABELS = {
    "tuning_difference": "tuning difference, all frames",
    "tuning_difference_test": "tuning difference, same windows",
    "variability_difference": "difference of variability",
    "position_shift": "change by the tuning shift",
    "position_moments": "change by moments per position",
    "event_shift": "change by the shift per time since the event",
    "event_moments": "change by moments per time since the event",
}
CONTROL_LABELS = {"untrained": "untrained networks", "shuffled_days": "networks trained on mixed days"}
#: Truth → score → title and horizontal axis of its panel.
SCORE_TITLES = {
    "learning": {
        "auroc_neurons": ("which neurons", "AUROC"),
        "auroc_region": ("which neurons, where", "AUROC"),
        "position_overlap": ("where in each neuron", "share found"),
    },
    "corner": {
        "auroc_region": ("the removed corner", "AUROC"),
        "auroc_edge": ("its edge", "AUROC"),
    },
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
