"""What the report calls pairs, signals and statistics of spikes."""

from __future__ import annotations

__all__ = ["PAIR_LABELS", "SIGNAL_LABELS", "STATISTIC_LABELS", "WASSERSTEIN_UNITS"]

PAIR_LABELS = {
    "x_from_y": "X | F(Y)",
    "x_cycle": "X | F(G(X))",
    "y_from_x": "Y | G(X)",
    "y_cycle": "Y | G(F(Y))",
}
SIGNAL_LABELS = {
    "x": "X", "y": "Y", "f_y": "F(Y)", "g_x": "G(X)", "f_g_x": "F(G(X))", "g_f_y": "G(F(Y))",
}  # fmt: skip
STATISTIC_LABELS = {
    "firing_rate": "Firing rate",
    "correlation": "Pairwise correlation",
    "van_rossum": "Van Rossum distance",
    "van_rossum_pairs": "Van Rossum distance between neurons",
}
WASSERSTEIN_UNITS = {
    "firing_rate": "Hz",
    "correlation": "correlation",
    "van_rossum": "distance",
    "van_rossum_pairs": "distance",
}
