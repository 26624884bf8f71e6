"""The whole distribution of short samples (section A.1, Figure S1)."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Picture, Table
from cyclegan_neuro.evaluation.samples import pictures
from cyclegan_neuro.evaluation.samples.measurements import Measurements

__all__ = ["whole_block"]


def whole_block(found: Measurements) -> Block | None:
    """Compare the probabilities of whole samples with the true ones; None where they were not computed."""
    one = found.whole
    if one is None:
        return None
    generated, surrogate = one.entropy_generated, one.entropy_surrogate
    paragraph = (
        "Samples this short can be counted whole. The population was simulated again, with another seed: once for the "
        "true probability of every sample, once as a surrogate, which is what a perfect generator would give. "
        f"Entropies are estimated from {generated.n_samples:,} samples of either, so that their bias is the same; the "
        "Miller-Madow correction adds the first-order bias."
    )
    table = Table(
        "whole_distribution",
        ("", "generated", "surrogate"),
        (
            ("entropy, plug-in (bits)", generated.plug_in, surrogate.plug_in),
            ("entropy, Miller-Madow (bits)", generated.miller_madow, surrogate.miller_madow),
            ("different samples", generated.n_words, surrogate.n_words),
            ("share that occurs in training", one.seen_generated, one.seen_surrogate),
            ("share that never occurs in truth", one.impossible_generated, one.impossible_surrogate),
        ),
    )
    picture = Picture(
        "whole_distribution",
        "Probability of every sample that occurs in both sets, when generated and in truth.",
        pictures.whole_distribution(one),
        "Figure S1",
    )
    return Block(
        "Is the whole distribution right?", (paragraph,), (("Generated and true samples.", table),), (picture,)
    )
