"""Gradient estimators for Bernoulli outputs against the exact gradient: bias, variance, time.

    python benchmarks/gradient_estimators.py [--units 4 8] [--gains 1 3] [--problems 4] [--json FILE]

The cost is -log D of a random network with two tanh layers, its logit times a gain: at 1 D is near 1/2, as near an
equilibrium, at 3 it is surer. Its expectation over N outputs is enumerated. For each of ``--problems`` costs and
logits, ``--means`` means are taken over ``--draws`` draws each. ``mean z²`` of these means is near 1 without bias.
Variances are of one estimate, summed over logits, and averaged over problems relative to REINFORCE and to
the leave-one-out baseline. Times are of one compiled estimate of the whole batch, relative to REINFORCE.

The second table is of the weights of a network with one hidden layer behind the logits: variance of their gradient for
a batch of 50 stimuli over ``--steps`` draws, and for REBAR that learns temperature and η, after as many steps.
"""

from __future__ import annotations

import itertools
from functools import partial

import _common
import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks import estimators

NAMES = ("reinforce", "reinforce_loo", "concrete", "straight_through", "rebar")
_STIMULI, _FEATURES, _HIDDEN = 50, 6, 16


def main() -> None:
    """Measure and print."""
    parser = _common.parser(__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, nargs="+", default=[4, 8], help="Bernoulli outputs, at most 12 (4 8)")
    parser.add_argument("--gains", type=float, nargs="+", default=[1.0, 3.0], help="of the logit of D (1 3)")
    parser.add_argument("--problems", type=int, default=4, help="random costs and logits for each (4)")
    parser.add_argument("--draws", type=int, default=3000, help="draws of a mean (3000)")
    parser.add_argument("--means", type=int, default=20, help="means of a problem (20)")
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--steps", type=int, default=1500, help="draws of the gradient of weights (1500)")
    options = parser.parse_args()
    cases = list(itertools.product(options.units, options.gains))
    rows = [row for n_units, gain in cases for row in _against_exact(n_units, gain, options)]
    _common.print_table(rows)
    print()
    weights = [row for n_units, gain in cases for row in _of_weights(n_units, gain, options)]
    _common.print_table(weights)
    settings = {name: value for name, value in vars(options).items() if name != "json"}
    numbers = {"machine": _common.machine(), "settings": settings, "rows": rows, "weights": weights}
    _common.write_json(options.json, numbers)


def discriminator(n_units: int, gain: float, seed: int):
    """Return -log D of a fixed random network, a cost of each row."""
    rng = np.random.default_rng(seed)
    sizes = (n_units, 32, 32, 1)
    weights = [rng.normal(size=shape).astype(np.float32) / shape[0] ** 0.5 for shape in itertools.pairwise(sizes)]
    biases = [0.3 * rng.normal(size=size).astype(np.float32) for size in sizes[1:]]

    def cost(values):
        for weight, bias in zip(weights[:-1], biases, strict=False):
            values = tf.tanh(values @ weight + bias)
        return tf.nn.softplus(-gain * (values @ weights[-1] + biases[-1])[:, 0])

    return cost


def exact_gradient(cost, logits):
    """Gradient of the expected cost by the logits, over all outcomes, float64."""
    outcomes = np.array(list(itertools.product((0.0, 1.0), repeat=len(logits))))
    p = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    probability = np.where(outcomes > 0, p, 1.0 - p).prod(axis=1)
    return (probability * cost(tf.constant(outcomes, tf.float32)).numpy()) @ (outcomes - p)


def _against_exact(n_units: int, gain: float, options) -> list[dict]:
    found: dict[str, list] = {name: [] for name in NAMES}
    for seed in range(options.problems):
        cost = discriminator(n_units, gain, seed)
        logits = np.random.default_rng(100 + seed).normal(size=n_units).astype(np.float32)
        exact = exact_gradient(cost, logits)
        for name in NAMES:
            found[name].append(_measure(name, cost, logits, exact, options))
    rows = []
    variances = {name: np.array([variance for _, variance, _ in found[name]]) for name in NAMES}
    seconds = {name: sum(duration for *_, duration in found[name]) for name in NAMES}
    for name in NAMES:
        z = np.array([scores for scores, *_ in found[name]])
        rows.append(
            {
                "estimator": name,
                "units": n_units,
                "gain": gain,
                "mean z²": float(np.mean(z**2)),
                "max |z|": float(np.abs(z).max()),
                "variance / REINFORCE": float(np.mean(variances[name] / variances["reinforce"])),
                "variance / leave-one-out": float(np.mean(variances[name] / variances["reinforce_loo"])),
                "time / REINFORCE": seconds[name] / seconds["reinforce"],
            }
        )
    return rows


def _measure(name, cost, logits, exact, options):
    """z-scores of the means, variance of one estimate, seconds."""
    batch = tf.tile(tf.constant(logits)[None], [options.means * options.draws, 1])
    estimator = estimators.get(name, temperature=options.temperature)

    @tf.function
    def gradient(seed):
        with tf.GradientTape() as tape:
            tape.watch(batch)
            surrogate = estimator(cost, batch, seed).surrogate
        return tape.gradient(surrogate, batch) * len(batch)  # a row is the estimate of that draw

    timing = _common.measure(lambda: gradient(tf.constant([0, 1])).numpy(), options.repeats)
    draws = gradient(tf.constant([0, 1])).numpy().astype(np.float64).reshape(options.means, options.draws, -1)
    z = (draws.mean(1) - exact) / (draws.std(1, ddof=1) / options.draws**0.5)
    return z, draws.var(axis=(0, 1)).sum(), timing["median_s"]


def _of_weights(n_units: int, gain: float, options) -> list[dict]:
    cost, rng = discriminator(n_units, gain, 0), np.random.default_rng(1)
    stimuli = tf.constant(rng.normal(size=(_STIMULI, _FEATURES)), tf.float32)
    shapes = ((_FEATURES, _HIDDEN), (_HIDDEN, n_units))
    weights = [tf.Variable(rng.normal(size=shape) / shape[0] ** 0.5, dtype=tf.float32) for shape in shapes]
    get = partial(estimators.get, temperature=options.temperature)
    contenders = {
        "reinforce": get("reinforce"),
        "reinforce_loo": get("reinforce_loo"),
        "rebar": get("rebar"),
        "rebar, learned": get("rebar", n_tensors=len(weights)),
        "rebar, learned from η 0.2": get("rebar", eta=0.2, n_tensors=len(weights)),
    }
    rows = []
    for estimator in contenders.values():
        step = _weight_gradient(estimator, cost, stimuli, weights)
        learns = isinstance(estimator, estimators.LearnedRebar)
        if learns:
            _variance(step, options.steps, first_seed=1)
        variance = _variance(step, options.steps, first_seed=2)
        timing = _common.measure(lambda step=step: step(tf.constant([0, 0])), options.repeats)
        rows.append({"variance": variance, "time": timing["median_s"]})
        if learns:
            rows[-1] |= {"temperature": float(np.exp(estimator.log_temperature.numpy()))}
            rows[-1] |= {f"η of tensor {i}": float(eta) for i, eta in enumerate(estimator.eta.numpy(), 1)}
    shown = ("temperature", *(f"η of tensor {i}" for i in range(1, len(weights) + 1)))
    return [
        {
            "gradient of weights": name,
            "units": n_units,
            "gain": gain,
            "variance / REINFORCE": row["variance"] / rows[0]["variance"],
            "time / REINFORCE": row["time"] / rows[0]["time"],
            **{key: row.get(key) for key in shown},
        }
        for name, row in zip(contenders, rows, strict=True)
    ]


def _weight_gradient(estimator, cost, stimuli, weights):
    """A compiled function of a seed that returns the estimate by all weights, flat, for the batch of stimuli."""

    @tf.function
    def gradient(seed):
        with tf.GradientTape(persistent=True) as tape:
            surrogate = estimator(cost, tf.tanh(stimuli @ weights[0]) @ weights[1], seed).surrogate
        losses = surrogate if isinstance(surrogate, tuple) else (surrogate,)
        found = estimator.combine([tape.gradient(loss, weights) for loss in losses])
        return tf.concat([tf.reshape(value, [-1]) for value in found], 0)

    return gradient


def _variance(gradient, n_steps: int, *, first_seed: int) -> float:
    found = [gradient(tf.constant([step, first_seed])).numpy().astype(np.float64) for step in range(n_steps)]
    return float(np.var(found, axis=0).sum())


if __name__ == "__main__":
    main()
