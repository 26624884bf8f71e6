"""Importance maps of Spike-GAN: only what an alteration changes, against whole samples and against a loop.

    python benchmarks/importance_maps.py                   # 200 samples of 64 bins x 32 neurons, 128 features
    python benchmarks/importance_maps.py --features 256

``whole samples`` computes the critic's score of every altered sample from its first bin to its last, in full batches.
``a loop`` asks the same critic for the shuffles of one neuron and window at a time, as the published code does. These
two are measured on the first ``--whole`` and ``--looped`` samples. All give the same maps.
"""

from __future__ import annotations

import time

import _common
import numpy as np

from cyclegan_neuro.populations.sections import PacketsSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets
from cyclegan_neuro.systems.spike_gan.config import ModelSection
from cyclegan_neuro.systems.spike_gan.importance.maps import importance_maps, shuffled_windows
from cyclegan_neuro.systems.spike_gan.importance.scores import SummedScore, score_of
from cyclegan_neuro.systems.spike_gan.networks import build_critic

_WINDOW_BINS, _STEP_BINS, _SHUFFLES = 8, 2, 5


def main() -> None:
    """Measure and print."""
    parser = _common.parser(__doc__.splitlines()[0], repeats=1)
    parser.add_argument("--features", type=int, default=128, help="features of the critic's first convolution (128)")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--whole", type=int, default=40, help="samples of whole samples (40)")
    parser.add_argument("--looped", type=int, default=2, help="samples of the loop (2)")
    options = parser.parse_args()
    section = PacketsSection(n_samples=options.samples, packet_probability=0.2)
    samples = simulate_packets(section, only_packet=0, onset_limits=(16, 32), seed=1).samples
    _, n_bins, n_neurons = samples.shape
    critic = build_critic(ModelSection(features=options.features), n_bins=n_bins, n_neurons=n_neurons, seed=0)
    score = score_of(critic, batch_size=512)

    def maps(score, n_samples):
        return importance_maps(score, samples[:n_samples], seed=0, batch_size=512)

    local = _common.measure(lambda: maps(score, options.samples), options.repeats)
    whole = _common.measure(lambda: maps(SummedScore(score), options.whole), options.repeats)
    began = time.perf_counter()
    looped = _looped(score_of(critic, batch_size=_SHUFFLES), samples[: options.looped])
    looped_s = time.perf_counter() - began
    for other in (score, SummedScore(score)):
        np.testing.assert_allclose(looped, maps(other, options.looped), rtol=1e-3, atol=1e-5)
    rows = [
        {"way": "only what changes", "samples": options.samples, "s": local["median_s"]},
        {"way": "whole samples", "samples": options.whole, "s": whole["median_s"]},
        {"way": "a loop", "samples": options.looped, "s": looped_s},
    ]
    for row in rows:
        row["ms per sample"] = 1000 * row["s"] / row["samples"]
    _common.print_table(rows)
    for row in rows[1:]:
        print(f"{row['way']}: {row['ms per sample'] / rows[0]['ms per sample']:.1f} times as long per sample")
    _common.write_json(options.json, {"machine": _common.machine(), "rows": rows})


def _looped(score, samples: np.ndarray) -> np.ndarray:
    """Score the shuffles of each neuron and window in a call of their own."""
    first_bins = np.arange(0, samples.shape[1] - _WINDOW_BINS + 1, _STEP_BINS)
    covered = np.zeros(samples.shape[1])
    for first in first_bins:
        covered[first : first + _WINDOW_BINS] += 1
    maps = np.zeros(samples.shape, np.float64)
    for sample, one in zip(samples, maps, strict=True):
        original = score(sample[None].astype(np.float32))[0]
        shuffled = shuffled_windows(sample, first_bins, window_bins=_WINDOW_BINS, n_shuffles=_SHUFFLES, seed=0)
        for window, first in enumerate(first_bins):
            bins = slice(first, first + _WINDOW_BINS)
            for neuron in range(sample.shape[1]):
                altered = np.repeat(sample[None], _SHUFFLES, axis=0).astype(np.float32)
                altered[:, bins, neuron] = shuffled[neuron, window]
                one[bins, neuron] += np.abs(score(altered) - original).mean() * sample[bins, neuron]
    return maps / np.maximum(covered, 1)[None, :, None]


if __name__ == "__main__":
    main()
