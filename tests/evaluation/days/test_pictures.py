"""Figures of the report: in which order the neurons are drawn."""

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.pictures import choose_neurons, population_maps
from cyclegan_neuro.evaluation.days.translation import translate


@pytest.fixture
def phi_pair(make_pair):
    prepared = make_pair(phi=True)
    return prepared, next(iter(translate(Identity(), prepared)))


def test_the_population_is_drawn_as_the_networks_see_it(phi_pair):
    """So that what Φ removed is one corner, as in Figure F.2, whatever the recording's order."""
    prepared, example = phi_pair
    figure = population_maps(example, prepared)
    drawn = {axes.get_title(loc="left"): axes.images[0] for axes in figure.axes if axes.images}
    for title, windows in (("X", example.x), ("Y", example.y)):
        values, limits = windows[0][:, prepared.order.columns].T, drawn[title].get_clim()
        np.testing.assert_array_equal(drawn[title].get_array(), np.clip(values, *limits))
    ylabels = {axes.get_ylabel() for axes in figure.axes}
    assert "neuron (network order)" in ylabels


def test_traces_are_taken_from_the_rows_of_the_corner(phi_pair):
    """At 0.3, 0.6 and 0.9 of the rows from the top, which are other columns of the recording."""
    prepared, example = phi_pair
    assert choose_neurons(prepared, example, 3).tolist() == prepared.order.columns[[1, 3, 4]].tolist()
