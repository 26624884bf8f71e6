import pytest

from cyclegan_neuro.evaluation.days.story.rivals import closer_neurons, counted, lost_to_places, places_told

ERRORS = {
    "a": {"model": 0.5, "identity": 1.0, "gaussian_ot": 0.6, "position_shift": 0.2, "position_moments": 0.1},
    "b": {"model": 0.5, "identity": 0.502, "gaussian_ot": 0.4, "position_shift": 0.6, "position_moments": 0.7},
    "c": {"model": 0.5, "identity": 1.0, "gaussian_ot": 1.0, "position_shift": 0.6, "position_moments": 0.498},
}


def test_wins_are_counted_against_the_best_of_each_kind():
    """b is no better than identity (0.4 %); position_moments ties in c, which is no win."""
    assert counted("CycleGAN", ERRORS) == (
        "Counted over 3 errors (a; b; c), the CycleGAN beats doing nothing in 2, every alignment that sees activity "
        "alone in 2, every alignment that uses the position in 1."
    )


def test_losses_to_what_knows_the_position_are_named():
    assert lost_to_places(ERRORS, told=()) == (
        "It loses to alignments that use the position in 1: a 0.100 against 0.500 (moments per position). They know "
        "the position of every frame, which the networks do not see. Where it is known, and what changed depends on "
        "it, a table of means and standard deviations is the better translator."
    )
    assert lost_to_places({"b": ERRORS["b"]}, told=()) == ""


@pytest.mark.parametrize(
    ("condition", "begins_as", "told"),
    [
        ((), "gaussian_ot", ", which the networks do not see."), (("speed",), None, ", which the networks do not see."),
        ((), "event_moments", ", which the networks do not see."), ((), "position_shift", ". So did generators or"),
        (("position",), None, ". So did generators or"),
    ],
)  # fmt: skip
def test_networks_that_know_the_position_are_not_said_to_be_without_it(condition, begins_as, told):
    assert f"every frame{told}" in lost_to_places(ERRORS, told=places_told(condition, begins_as))


def test_without_positions_none_are_spoken_of():
    alone = {"a": {"model": 0.5, "identity": 1.0, "moment_matching": 0.4}}
    assert counted("CycleGAN", alone).endswith(
        "beats doing nothing in 1, every alignment that sees activity alone in 0."
    )
    assert lost_to_places(alone, told=()) == ""


def test_neurons_are_counted_beside_the_best_alignments():
    entry = {name: {"mae": mae, "n": 7, "model_closer": closer} for name, mae, closer in (
        ("model", 0.1, 0), ("identity", 0.4, 6), ("gaussian_ot", 0.3, 5), ("moment_matching", 0.2, 4),
        ("position_shift", 0.05, 1),
    )}  # fmt: skip
    assert closer_neurons(entry, "the truth") == (
        "closer to the truth than identity (does nothing) in 6, than moment matching in 4, than tuning shift in 1 of 7 "
        "neurons"
    )
