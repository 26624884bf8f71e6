"""The training step against the equations written out (Ramesh et al. 2019, Eqs. 3 to 5), with tapes of their own."""

import random
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from encoding_gan_by_hand import counts_of as counts_by_hand
from encoding_gan_by_hand import dense_of, double, embedding, judge, logits_of, normalised_kernel, spectral

from cyclegan_neuro.systems.encoding_gan import fitting
from cyclegan_neuro.systems.encoding_gan.model import counts_of, noise_covariance

SEED = (3, 4)
RATE = 0.1


@pytest.fixture
def make(make_config, make_prepared):
    """Return a function that builds a trainer, whose optimizers are plain gradient descent; and its responses."""

    def make(*, condition="identity", most_count=1, days=False, **sections):
        config = make_config(**sections)
        prepared = make_prepared(condition=condition, most_count=most_count, days=days)
        trainer = fitting.build(config, prepared)
        trainer.compile({name: keras.optimizers.SGD(RATE) for name in trainer.learned})
        return trainer, prepared

    return make


def values(variables):
    return [np.array(variable) for variable in variables]


def descended(variables, gradients):
    return [np.asarray(v) - RATE * np.asarray(g) for v, g in zip(variables, gradients, strict=True)]


def close(found, wanted, atol=2e-5):
    assert len(found) == len(wanted) > 0
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-3, atol=atol)


# -- counts, likelihood, covariance ----------------------------------------------------------------


def test_a_count_is_the_number_of_ones_before_the_first_zero():
    bits = tf.constant([[1.0, 1.0, 1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0, 1.0, 0.0]])
    np.testing.assert_array_equal(counts_of(bits, 3), [[3, 1], [0, 2]])
    np.testing.assert_array_equal(counts_of(bits, 1), bits)
    np.testing.assert_allclose(counts_of(tf.constant([[0.5, 0.5, 0.2]]), 3), [[0.5 + 0.25 + 0.05]])


@pytest.mark.parametrize("levels", [1, 3])
def test_the_likelihood_is_that_of_levels_reached_one_after_the_other(make, levels):
    trainer, _ = make(most_count=levels)
    counts = np.random.default_rng(0).integers(0, levels + 1, (7, 5))
    logits = np.random.default_rng(1).normal(size=(7, 5, levels))
    p, expected = 1 / (1 + np.exp(-logits)), 0.0
    for response in range(7):
        for neuron in range(5):
            count = counts[response, neuron]
            chance = np.prod(p[response, neuron, :count])
            if count < levels:
                chance *= 1 - p[response, neuron, count]
            expected -= np.log(chance)
    reached = tf.constant(counts[..., None] >= np.arange(levels + 1), tf.float32)
    flat = tf.constant(logits.reshape(7, -1), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(flat)
        found = trainer.likelihood(flat, reached)
    assert float(found) == pytest.approx(expected / 35, rel=1e-5)
    drawn = np.arange(levels) <= counts[..., None]  # with one level, all
    np.testing.assert_array_equal(np.asarray(tape.gradient(found, flat)).reshape(7, 5, levels) != 0, drawn)


def test_noise_covariance():
    counts = tf.constant([[1.0, 0.0], [3.0, 2.0], [0.0, 5.0], [0.0, 3.0]])  # two stimuli, two trials each
    # residuals (-1, -1), (1, 1); (0, 1), (0, -1): two degrees of freedom
    np.testing.assert_allclose(noise_covariance(counts, 2), [[1.0, 1.0], [1.0, 2.0]])
    np.testing.assert_allclose(noise_covariance(counts, 1), np.zeros((2, 2)))


def test_noise_covariance_is_unbiased():
    random = np.random.default_rng(0)
    mixed = random.normal(size=(20000, 3, 2)) @ np.array([[1.0, 0.0], [0.5, 1.0]]).T + random.normal(size=(20000, 1, 2))
    found = noise_covariance(tf.constant(mixed.reshape(-1, 2), tf.float32), 3)
    np.testing.assert_allclose(found, [[1.0, 0.5], [0.5, 1.25]], atol=0.05)


def test_validation_is_the_squared_difference_of_covariances_over_pairs(make):
    trainer, prepared = make()
    rows, number = prepared.train[:4], 2
    seeds = tf.random.split(tf.constant([trainer.config.training.seed + 1, number], tf.int32), 3)
    real = trainer.recorded(tf.constant(rows, tf.int32), seeds[0])
    stimuli = np.repeat(prepared.responses.stimulus[rows], 3)
    logits = logits_of(trainer.generator, stimuli, tf.random.stateless_normal((12, 2), seeds[1]), 2.0)
    fake = tf.random.stateless_uniform((12, 5), seeds[2]) < tf.cast(tf.sigmoid(logits), tf.float32)

    def covariance(counts):
        residuals = np.concatenate([part - part.mean(axis=0) for part in np.split(np.asarray(counts, np.float64), 4)])
        return residuals.T @ residuals / 8

    difference = (covariance(real) - covariance(fake))[~np.eye(5, dtype=bool)]
    trainer.named_optimizers["generator"].iterations.assign(1)
    logs = trainer.test_step((tf.constant(number, tf.int64), tf.constant(rows)))
    assert float(logs["noise_covariance"]) == pytest.approx(np.mean(difference**2), rel=1e-4)


# -- what a step is made of ------------------------------------------------------------------------


def test_recorded_counts_are_the_rows_and_training_trials_of_their_stimuli(make, make_prepared, make_config):
    prepared = make_prepared()
    responses, rows = prepared.responses, prepared.train[[0, 7, 13, 20]]
    number = np.arange(60, dtype=np.uint8)[:, None]
    numbered = replace(prepared, responses=replace(responses, counts=np.repeat(number, 5, axis=1)))
    trainer, seen = fitting.build(make_config(training={"batch_size": 16, "trials_per_stimulus": 4}), numbered), []
    for seed in range(60):
        found = trainer.recorded(tf.constant(rows, tf.int32), (seed, 0))
        assert found.dtype == tf.float32
        chosen = np.asarray(found)[:, 0].astype(int).reshape(4, 4)
        np.testing.assert_array_equal(chosen[:, 0], rows)
        np.testing.assert_array_equal(responses.stimulus[chosen], responses.stimulus[rows][:, None].repeat(4, 1))
        seen.append(chosen[:, 1:])
    of_the_stimuli = prepared.train[np.isin(responses.stimulus[prepared.train], responses.stimulus[rows])]
    assert set(np.ravel(seen)) == set(of_the_stimuli)  # every training trial, and none held out


def test_frames_before_the_first_bin_are_the_first(make):
    trainer, prepared = make(condition="movie")
    movie = prepared.responses.movie
    seen = movie[:4]  # the last two bins are held out
    scaled = (movie - seen.mean()) / seen.std()
    shown = np.asarray(trainer.shown(tf.constant([0, 1, 5])))
    assert shown.shape == (3, 9, 9, 3)
    for found, frames in zip(shown, ([0, 0, 0], [0, 0, 1], [3, 4, 5]), strict=True):
        np.testing.assert_allclose(found, np.moveaxis(scaled[frames], 0, -1), rtol=1e-4, atol=1e-5)


def test_the_supervised_network_maximises_the_likelihood_of_training_trials(make):
    trainer, prepared = make(most_count=3, model={"dropout": 0.0})
    responses, network = prepared.responses, trainer.supervised
    rows = prepared.train[:8]
    (table,), (hidden, last) = network.early.trainable_variables, dense_of(network)
    learned = [table, hidden.kernel, hidden.bias, last.kernel, last.bias]
    with tf.GradientTape() as tape:
        tape.watch([v.value for v in learned])
        terms = []
        for row in rows:
            stimulus = responses.stimulus[row]
            value = tf.maximum(double(table)[stimulus], 0.2 * double(table)[stimulus])[None]
            value = value @ double(hidden.kernel) + double(hidden.bias)
            p = tf.sigmoid(tf.maximum(value, 0.2 * value) @ double(last.kernel) + double(last.bias))
            p = tf.reshape(p, (5, 3))
            trials = prepared.train[responses.stimulus[prepared.train] == stimulus]
            for counts in responses.counts[trials]:
                for neuron, count in enumerate(counts):
                    chance = tf.reduce_prod(p[neuron, :count]) * (1 - p[neuron, count] if count < 3 else 1.0)
                    terms.append(-tf.math.log(chance) / len(trials))
        loss = tf.add_n(terms) / (8 * 5)
    wanted = descended(learned, tape.gradient(loss, [v.value for v in learned]))
    logs = trainer.supervised_step(tf.reshape(tf.constant(rows, tf.int32), (2, 4)))
    assert float(logs["likelihood"]) == pytest.approx(float(loss), rel=1e-4)
    close(learned, wanted)


@pytest.mark.parametrize(
    ("embedded", "levels", "hidden"), [("supervised", 1, 0.0), ("supervised", 3, 0.4), ("learned", 3, 0.0)]
)
def test_the_discriminator_goes_up_equation_3(make, embedded, levels, hidden):
    trainer, prepared = make(most_count=levels, model={"embedding": embedded, "hidden_neurons": hidden})
    rows, before = prepared.train[[3, 8, 10, 21]], values(trainer.generator.variables)
    trainer.expected.assign(np.random.default_rng(0).normal(size=trainer.expected.shape))
    trials, noise, spikes, mask = tf.random.split(SEED, 4)
    seen = tf.cast(tf.random.stateless_uniform((12, 5), mask) >= hidden, tf.float64)
    assert (float(tf.reduce_min(seen)) == 0.0) == (hidden > 0)
    stimuli = np.repeat(prepared.responses.stimulus[rows], 3)
    real = np.asarray(trainer.recorded(tf.constant(rows, tf.int32), trials), np.float64)
    logits = logits_of(trainer.generator, stimuli, tf.random.stateless_normal((12, 2), noise), 2.0)
    bits = tf.random.stateless_uniform((12, 5 * levels), spikes) < tf.cast(tf.sigmoid(logits), tf.float32)
    fake = counts_by_hand(tf.cast(bits, tf.float64), levels)

    layers = spectral(trainer.judge)
    embedders = spectral(trainer.embedding) if trainer.embedding else []
    kernels = [tf.Variable(normalised_kernel(layer)) for layer in layers + embedders]
    biases = [tf.Variable(np.asarray(layer.layer.bias, np.float64)) for layer in layers + embedders]
    table = tf.Variable(np.asarray(trainer.embedding.trainable_variables[0], np.float64)) if embedders else None
    learned = [*kernels, *biases, *([table] if embedders else [])]
    with tf.GradientTape() as tape:
        pairs = list(zip(kernels, biases, strict=True))
        if embedders:
            embedded = embedding(table, pairs[len(layers) :], stimuli)
        else:
            embedded = tf.gather(tf.convert_to_tensor(trainer.expected), stimuli)
        on_real, on_fake = (
            tf.sigmoid(judge(pairs[: len(layers)], embedded, counts, prepared, 10.0, seen)) for counts in (real, fake)
        )
        loss = -tf.reduce_mean(tf.math.log(on_real)) - tf.reduce_mean(tf.math.log(1 - on_fake))
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, learned)]
    wanted = descended(learned, gradients)

    logs = trainer.discriminator_step(tf.constant(rows, tf.int32), SEED)
    found = [x.layer.kernel for x in layers + embedders] + [x.layer.bias for x in layers + embedders]
    close(found + ([trainer.embedding.trainable_variables[0]] if embedders else []), wanted)
    assert len(found) + len(embedders) // 2 == len(trainer.learned["discriminator"])  # and a table
    told = {name: float(value) for name, value in logs.items()}
    assert told["discriminator"] == pytest.approx(float(loss), rel=1e-3)
    assert told["real"] == pytest.approx(float(tf.reduce_mean(on_real)), rel=1e-3)
    assert told["fake"] == pytest.approx(float(tf.reduce_mean(on_fake)), rel=1e-3)
    reached = tf.cast(real[..., None] >= np.arange(levels + 1), tf.float32)
    likelihood = trainer.likelihood(tf.cast(logits, tf.float32), reached)
    assert told["likelihood"] == pytest.approx(float(likelihood), rel=1e-4)
    assert all(map(np.array_equal, before, values(trainer.generator.variables)))


@pytest.mark.parametrize(
    ("estimator", "loss", "levels", "hidden"),
    [("reinforce", "minimax", 1, 0.0), ("rebar", "non_saturating", 1, 0.4), ("rebar", "minimax", 3, 0.0)],
)
def test_the_generator_goes_down_the_estimated_gradient(make, estimator, loss, levels, hidden):
    objective = {"estimator": estimator, "loss": loss}
    objective |= {"eta": 0.7, "temperature": 0.4} if estimator == "rebar" else {}
    trainer, prepared = make(most_count=levels, objective=objective, model={"hidden_neurons": hidden})
    trainer.expected.assign(np.random.default_rng(0).normal(size=trainer.expected.shape))
    stimuli, before = np.array([0, 2, 2, 5]), values(trainer.learned["discriminator"])
    _, noise_seed, spikes, mask = tf.random.split(SEED, 4)
    seen = tf.cast(tf.random.stateless_uniform((12, 5), mask) >= hidden, tf.float64)
    each, noise = np.repeat(stimuli, 3), tf.random.stateless_normal((12, 2), noise_seed)
    uniform = tf.cast(tf.random.stateless_uniform((12, 5 * levels), spikes), tf.float64)
    layers = [(double(x.layer.kernel), double(x.layer.bias)) for x in spectral(trainer.judge)]
    embedded = tf.gather(tf.convert_to_tensor(trainer.expected), each)

    def cost(bits):
        told = tf.sigmoid(judge(layers, embedded, counts_by_hand(bits, levels), prepared, 10.0, seen))
        return tf.math.log(1 - told) if loss == "minimax" else -tf.math.log(told)

    learned = trainer.learned["generator"]
    with tf.GradientTape() as tape:
        tape.watch([v.value for v in learned])
        logits = logits_of(trainer.generator, each, noise, 2.0)
        p, z = tf.sigmoid(logits), logits + tf.math.log(uniform) - tf.math.log(1 - uniform)
        y = tf.cast(z > 0, tf.float64)
        log_p = tf.reduce_sum(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p), axis=1)
        # the uniform variable given y, as its share v of (0, 1 - p) or of (1 - p, 1)
        v = tf.stop_gradient(tf.where(y > 0, (uniform - (1 - p)) / p, uniform / (1 - p)))
        given = tf.where(y > 0, 1 - p + v * p, v * (1 - p))
        relaxed, conditional = (
            cost(tf.sigmoid((logits + tf.math.log(u) - tf.math.log(1 - u)) / 0.4)) for u in (uniform, given)
        )
        if estimator == "rebar":  # Eq. 5, with its last term
            weight = tf.stop_gradient(cost(y) - 0.7 * conditional)
            total = tf.reduce_mean(weight * log_p + 0.7 * relaxed - 0.7 * conditional)
        else:  # Eq. 4
            total = tf.reduce_mean(tf.stop_gradient(cost(y)) * log_p)
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(total, [v.value for v in learned])]
    wanted, norm = descended(learned, gradients), float(tf.linalg.global_norm(gradients))

    logs = trainer.generator_step(tf.constant(stimuli), SEED)
    close(learned, wanted)
    assert norm > 1e-3
    assert float(logs["gradient_norm"]) == pytest.approx(norm, rel=1e-3)
    assert float(logs["generator"]) == pytest.approx(float(tf.reduce_mean(cost(y))), rel=1e-3)
    assert all(map(np.array_equal, before, values(trainer.learned["discriminator"])))


@pytest.mark.parametrize(
    "estimator", ["rebar", "learned", "reinforce", "reinforce_loo", "concrete", "straight_through"]
)
@pytest.mark.parametrize("condition", ["movie", "identity"])
def test_every_estimator_updates_every_weight_of_the_generator(make, estimator, condition):
    objective = {"learn_control": True} if estimator == "learned" else {"estimator": estimator}
    trainer, prepared = make(condition=condition, most_count=2, objective=objective)
    before = values(trainer.generator.variables)
    batch = tf.constant(np.random.default_rng(0).permutation(prepared.train)[:8].reshape(2, 4), tf.int32)
    logs = trainer.adversarial_step(batch)
    assert np.isfinite([float(value) for value in logs.values()]).all()
    now = trainer.generator.variables
    assert [v.path for v, was in zip(now, before, strict=True) if np.array_equal(v, was)] == []
    assert all(np.isfinite(value).all() for value in values(now))
    if estimator == "learned":
        assert trainer.estimator.eta.shape == (len(now),)
        assert any(v is trainer.estimator.log_temperature for v in trainer.variables)  # in checkpoints
        assert float(trainer.estimator.log_temperature) != pytest.approx(np.log(0.5), abs=1e-9)


# -- an epoch --------------------------------------------------------------------------------------


def epochs_of(trainer, prepared, n):
    return list(fitting.training_stream(trainer.config, prepared, start_step=0).take(n))


def test_an_epoch_is_its_updates_one_after_the_other(make):
    (whole, prepared), (single, _) = make(), make()
    single.set_weights(whole.get_weights())
    for trainer in (whole, single):
        trainer.named_optimizers["supervised"].iterations.assign(2)
    (((rows,)),) = epochs_of(whole, prepared, 1)
    assert rows.shape == (2 * 2 * 4,)  # updates, each with two of the discriminator, of four stimuli
    tf.function(whole.train_step)((rows,))
    single.adversarial(tf.zeros((0, 2, 4), tf.int32))  # the warm start alone
    for one, other in tf.reshape(tf.cast(rows, tf.int32), (2, 2, 4)):
        for batch in (one, other):
            single.discriminator_step(batch, single.random.next())
        single.generator_step(tf.gather(single.stimulus, other), single.random.next())
    close(whole.variables[:-1], single.variables[:-1])
    iterations = {name: int(optimizer.iterations) for name, optimizer in whole.named_optimizers.items()}
    assert iterations == {"generator": 2, "discriminator": 4, "supervised": 2}


@pytest.mark.parametrize("warm", [True, False])
def test_the_warm_start_happens_once(make, eager, warm, monkeypatch):
    trainer, prepared = make(training={"warm_start": warm})
    began, each = [], trainer.each

    def watch(step, batches):
        pair = trainer.generator.signal_variables, trainer.supervised.signal_variables
        began.append(([values(part) for part in pair], np.array(trainer.expected), values(trainer.noise)))
        return each(step, batches)

    generator = trainer.generator
    trainer.noise = [v for v in generator.variables if not any(v is w for w in generator.signal_variables)]
    assert len(trainer.noise) == 2
    monkeypatch.setattr(trainer, "each", watch)
    for number, data in enumerate(epochs_of(trainer, prepared, 3)):
        if number == 2:  # what the supervised network becomes afterwards changes nothing
            for variable in trainer.supervised.variables:
                variable.assign(variable + 1.0)
        trainer.train_step(data)
    first, second, third = began
    assert all(map(np.array_equal, first[2], second[2]))  # weights of noise are the generator's own
    assert all(map(np.array_equal, *second[0])) == warm
    assert not any(map(np.array_equal, *third[0]))
    assert not first[1].any()
    np.testing.assert_array_equal(second[1], third[1])
    np.testing.assert_allclose(second[1].mean(axis=0), 0.0, atol=1e-5)
    assert np.abs(second[1].std(axis=0) - 1.0).max() < 0.1


def test_the_supervised_epochs_come_first_and_train_nothing_else(make, eager):
    trainer, prepared = make(training={"supervised_epochs": 2, "epochs": 3})
    before = values(trainer.learned["generator"] + trainer.learned["discriminator"])
    for number, data in enumerate(epochs_of(trainer, prepared, 3)):
        trainer.train_step(data)
        kept = map(np.array_equal, before, values(trainer.learned["generator"] + trainer.learned["discriminator"]))
        assert all(kept) == (number < 2)
    assert int(trainer.named_optimizers["supervised"].iterations) == 4


def test_a_checkpoint_of_the_supervised_epochs_is_never_the_best(make):
    trainer, prepared = make()
    batch = tf.constant(0, tf.int64), tf.constant(prepared.train[:4])
    before = float(trainer.test_step(batch)["noise_covariance"])
    trainer.named_optimizers["generator"].iterations.assign(1)
    trainer.reset_metrics()
    assert np.isfinite(before)
    assert before > 2 * float(trainer.test_step(batch)["noise_covariance"])


def test_held_out_responses_change_nothing(make_config, make_prepared, eager):
    prepared = make_prepared(most_count=3)
    counts = prepared.responses.counts.copy()
    counts[prepared.held_out] = 3 - counts[prepared.held_out]
    other = replace(prepared, responses=replace(prepared.responses, counts=counts))
    one, two = (fitting.build(make_config(), given) for given in (prepared, other))
    for trainer, given in ((one, prepared), (two, other)):
        for data in epochs_of(trainer, given, 2):
            trainer.train_step(data)
    assert all(map(np.array_equal, one.get_weights(), two.get_weights()))


def test_equal_seeds_give_equal_networks(make_config, make_prepared):
    built = []
    for state in (1, 2):
        random.seed(state)
        built.append(fitting.build(make_config(model={"embedding": "learned"}), make_prepared()))
    one, two = (trainer.variables for trainer in built)
    assert [v.path for v, w in zip(one, two, strict=True) if not np.array_equal(v, w)] == []


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_the_norm_of_the_generators_gradient_is_clipped(make_config, make_prepared, precision):
    config = make_config(
        model={"logit_gain": 1000.0, "embedding": "learned"},
        objective={"estimator": "reinforce"},
        training={"precision": precision},
    )
    trainer = fitting.build(config, make_prepared())
    logs = trainer.generator_step(tf.constant([0, 1, 2, 3]), SEED)
    assert float(logs["gradient_norm"]) > 2.0  # as it was
    optimizer = trainer.named_optimizers["generator"]
    moments = getattr(optimizer, "inner_optimizer", optimizer)._momentums
    taken = np.sqrt(sum(np.square(np.asarray(m) / 0.5).sum() for m in moments))  # the first is (1 - β1) times it
    assert taken == pytest.approx(1.0, rel=1e-4)
    assert [getattr(o, "global_clipnorm", None) for o in trainer.named_optimizers.values()].count(1.0) <= 1
