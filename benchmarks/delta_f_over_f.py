"""ΔF/F from raw fluorescence against the ΔF/F that it was made of, by window and percentile of the baseline.

    python benchmarks/delta_f_over_f.py                 # 15 minutes of mouse_1 at 24 Hz; half a minute

Raw fluorescence is F0 of 150 to 600, falling by a quarter, times 1 + ΔF/F of the simulator, and 0.7 of a neuropil
signal that is known and rises and falls within minutes. Offset is what a silent cell has in place of 0.
"""

from __future__ import annotations

import _common
import numpy as np

from cyclegan_neuro.configuration.sections import BaselineSection
from cyclegan_neuro.recordings.dff import delta_f_over_f
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days

_SETTINGS = ((15, 8), (30, 8), (60, 8), (120, 8), (300, 8), (None, 8), (60, 20), (60, 50))


def main() -> None:
    """Measure and print."""
    parser = _common.parser(__doc__.splitlines()[0], repeats=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--duration_s", type=float, default=900.0)
    options = parser.parse_args()
    day, _ = simulate_days(preset="mouse_1", seed=options.seed, duration_s=options.duration_s)
    raw, neuropil = raw_fluorescence(day, seed=options.seed)
    rows = []
    for window_s, percentile in _SETTINGS:
        settings = BaselineSection(window_s=window_s or 2 * day.duration_s, percentile=percentile)
        made = delta_f_over_f(raw.copy(), frame_rate_hz=day.frame_rate_hz, settings=settings, neuropil=neuropil).dff
        rows.append({"window (s)": window_s or "whole", "percentile": percentile, **agreement(made, day.dff)})
    _common.print_table(rows)
    _common.write_json(options.json, {"machine": _common.machine(), "rows": rows})


def raw_fluorescence(day: Recording, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return raw fluorescence and neuropil, (time, neuron)."""
    rng = np.random.default_rng(seed)
    minutes = np.arange(day.n_frames)[:, None] / day.frame_rate_hz / 60
    neuropil = 120 + 20 * np.sin(1.5 * minutes) + rng.normal(0, 3, day.dff.shape)
    f0 = rng.uniform(150, 600, day.n_neurons) * np.exp(-0.3 * minutes / minutes[-1])
    return (f0 * (1 + day.dff) + 0.7 * neuropil).astype(np.float32), neuropil.astype(np.float32)


def agreement(made: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Correlation and slope (median over neurons), the lowest correlation, offset and error."""
    pairs = list(zip(made.T, truth.T, strict=True))
    correlations = [np.corrcoef(own, true)[0, 1] for own, true in pairs]
    return {
        "correlation": float(np.median(correlations)),
        "lowest": float(min(correlations)),
        "slope": float(np.median([np.polyfit(true, own, 1)[0] for own, true in pairs])),
        "offset": float(np.median(made - truth)),
        "rms error": float(np.sqrt(np.mean((made - truth) ** 2))),
    }


if __name__ == "__main__":
    main()
