"""Where the networks look: masks, maps along behaviour or over the window, and the neurons they attend to most."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.evaluation.contents import Block, Picture, significant
from cyclegan_neuro.evaluation.days.interpretation import pictures
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation, Ranking, leading_maps, rank_neurons
from cyclegan_neuro.evaluation.days.interpretation.pictures import grad_cam_of_a_window
from cyclegan_neuro.evaluation.days.names import METHOD_LABELS
from cyclegan_neuro.evaluation.days.story.attended import attended_pictures, attended_tables, ranked_sentence
from cyclegan_neuro.evaluation.days.story.attention import attention_sentence
from cyclegan_neuro.evaluation.days.story.interpretation_truth import truth_block
from cyclegan_neuro.evaluation.days.story.wording import tell
from cyclegan_neuro.interpret.coordinates import reward_zone
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["interpretation_block"]

_SMOOTHING_BINS = 2.0
_MASK_COUNTERPARTS = {"G": ("Figure 5", "Figure 3"), "F": ("Figure G.3", "Figure F.3")}  # recorded days, Φ


def interpretation_block(prepared: PreparedPair, found: Interpretation) -> tuple[Block, ...]:
    """Tell where the networks look, and whether the maps are true.

    Parameters
    ----------
    prepared : PreparedPair
    found : Interpretation

    Returns
    -------
    tuple of Block
        "Where do the networks look?" and "Are the maps true?".
    """
    ranking = rank_neurons(found)
    leading = {network: method for network, (method, _) in leading_maps(found).items()}
    told = tell(
        "interpretation",
        attention=attention_sentence(found), ranked=ranked_sentence(found, ranking), peaks=list(_peaks(found)),
        coordinate=found.coordinate, corner=found.corner is not None,
        n_windows=found.n_windows, section=found.section, networks=list(ranking.ranks),
        offsets=[
            "{} {:+.1f} frames and {:+.1f} neurons".format(network, *found.maps[network]["layer_cam"].offset)
            for network in ("G", "F") if "layer_cam" in found.maps.get(network, {})
        ],
        blind=[network for network in leading if not found.maps[network]["layer_cam"].neurons_resolved],
        chosen=[
            f"{METHOD_LABELS[method]} of {', '.join(network for network in leading if leading[network] == method)}"
            for method in dict.fromkeys(leading.values())
        ],
    )  # fmt: skip
    pictures = tuple(_pictures(prepared, found, ranking))
    block = Block(
        "Where do the networks look?", tables=attended_tables(prepared, found, ranking), pictures=pictures, **told
    )
    return block, truth_block(prepared, found)


def _peaks(found: Interpretation):
    """Where along the coordinate attention is highest, averaged over neurons."""
    coordinate = found.coordinate
    for network, (_, one) in leading_maps(found).items() if coordinate is not None else ():
        profile = one.positional.mean(axis=1)
        visited = np.flatnonzero(np.isfinite(profile))
        smooth = gaussian_filter1d(profile[visited], _SMOOTHING_BINS, mode="nearest")
        at, times = coordinate.centres[visited[np.argmax(smooth)]], smooth.max() / smooth.mean()
        yield f"{network} {significant(at, digits=2)} {coordinate.unit} ({significant(times, digits=2)} × mean)"


def _pictures(prepared: PreparedPair, found: Interpretation, ranking: Ranking):
    yield from _mask_pictures(prepared, found)
    yield _window_picture(prepared, found)
    if found.coordinate is not None:
        yield from _positional_pictures(prepared, found)
    elif found.corner is not None:
        yield from _window_pictures(prepared, found)
    yield from attended_pictures(prepared, found, ranking)
    field = pictures.field_figure(found)
    if field is not None:
        ringed = " Ringed: neurons that learning changed." if found.learning is not None else ""
        caption = f"Attention of each network over the field of view, one point per neuron.{ringed}"
        yield Picture("attention_field", caption, field, counterpart="")


def _mask_pictures(prepared: PreparedPair, found: Interpretation):
    for network in ("G", "F"):
        figure = pictures.masks_of(found, network)
        if figure is None:
            continue
        gate = ""
        if "input_gate" in found.maps[network]:
            gate = " Below, the gate on the input itself (not in the paper): 1 − σ is high where the input is replaced."
        caption = (
            f"Attention masks of {network} for one test window: what each gate lets pass, at the resolution of the "
            "layer and brought back to frames and neurons; at the side the mean per neuron, in this window (bars) and "
            f"over all explained windows (line).{gate}"
        )
        counterpart = _MASK_COUNTERPARTS[network][found.corner is not None]
        yield Picture(f"attention_masks_{network.lower()}", caption, figure, counterpart=counterpart)


def _window_picture(prepared: PreparedPair, found: Interpretation) -> Picture:
    zones = ""
    if reward_zone(prepared.x.recording, prepared.y.recording) is not None:
        zones = " Dashed yellow: the animal enters the reward zone; dotted orange: it leaves it."
    unresolved = ""
    if not found.maps["D_X"]["grad_cam"].neurons_resolved:
        unresolved = " In these networks Grad-CAM cannot tell neurons apart: it has one value per moment."
    caption = (
        "Grad-CAM of the discriminators for one test window each. Above: what the network was shown. Below: the same "
        f"in grey, with the map over it.{zones}{unresolved} One window is an example; whether the maps are true is "
        "told below."
    )
    figure = grad_cam_of_a_window(found)
    counterpart = "Figures 3 and F.3" if found.corner is not None else "Figures 5 and G.3"
    return Picture("grad_cam_window", caption, figure, counterpart=counterpart)


def _positional_pictures(prepared: PreparedPair, found: Interpretation):
    coordinate = found.coordinate
    width = significant(float(np.diff(coordinate.edges)[0]), digits=2)
    along = "position" if coordinate.kind == "position" else "time since the event"
    zone = "; yellow: reward zone" if coordinate.zone is not None else ""
    shared = (
        f"mean over all frames in bins of {width} {coordinate.unit} of {along}, blank where never visited{zone}. "
        "Above: mean over neurons; right: mean over bins; below: time spent in each bin. Neurons are sorted by where "
        "the two recorded days differ most, which no network has a say in: a diagonal does not come from sorting."
    )
    leading = pictures.choose_maps(found)
    methods = " and ".join(dict.fromkeys(METHOD_LABELS[method] for _, method, _ in leading))
    yield Picture(
        "positional_attention", f"Where the networks look ({methods}): {shared}",
        pictures.positional_figure(found, leading), counterpart="Figure 6",
    )  # fmt: skip
    cams = pictures.choose_maps(found, "grad_cam")
    caption = "The same by Grad-CAM, as the paper has it."
    if not any(one.neurons_resolved for *_, one in cams):
        caption += " Only profiles: in these networks it cannot tell neurons apart."
    yield Picture("positional_grad_cam", caption, pictures.positional_figure(found, cams), counterpart="Figure 6")
    changes = pictures.choose_maps(found, "change")
    if changes:
        caption = (
            "Where the generators change the activity, no explanation needed: mean |G(x) − x| and |F(y) − y|, in "
            "multiples of its own mean and drawn in the same way."
        )
        yield Picture("positional_change", caption, pictures.positional_figure(found, changes), counterpart="")


def _window_pictures(prepared: PreparedPair, found: Interpretation):
    line = "The line is the edge of the corner that Φ removes."
    leading = pictures.choose_maps(found)
    methods = " and ".join(dict.fromkeys(METHOD_LABELS[method] for _, method, _ in leading))
    caption = (
        f"Where the networks look ({methods}), mean over windows at each frame of the window and neuron. {line} "
        "Convolutions see zeros beyond the border of a window, which can mark its first and last frames and neurons."
    )
    figure = pictures.window_figure(found, leading)
    yield Picture("window_attention", caption, figure, counterpart="")
    figure = pictures.window_figure(found, pictures.choose_maps(found, "grad_cam", "change"))
    caption = (
        "The same by Grad-CAM, as the paper has it, and where the generators change the activity (mean |G(x) − x| and "
        f"|F(y) − y| in ΔF/F). {line}"
    )
    yield Picture("window_grad_cam", caption, figure, counterpart="")
