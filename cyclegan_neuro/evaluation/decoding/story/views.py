"""What the spaces look like."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Picture
from cyclegan_neuro.evaluation.decoding import pictures
from cyclegan_neuro.evaluation.decoding.measurements import Measurements
from cyclegan_neuro.evaluation.decoding.representations import RAW
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES, tell

__all__ = ["opening_picture", "views_block"]


def views_block(found: Measurements) -> Block:
    """Draw every space of the run's model, and raw activity."""
    views, prepared = found.views, found.prepared
    figure = pictures.spaces(
        views, labels={name: "raw activity" if name == RAW else name for name in views.tsne},
        n_conditions=prepared.trials.n_conditions, n_times=prepared.n_times,
    )  # fmt: skip
    averages = (
        ", and averages over trials of each direction in their own first two principal components, which begin at the "
        "dot. Grey: bins without label, or later than those that are decoded"
    )
    caption = f"Spaces of {found.name} and raw activity: t-SNE and principal components of single bins"
    caption += f"{averages if views.trajectories else ''}."
    told = tell(
        "views", n_shown=len(views.shown), n_bins=prepared.trials.n_bins, trajectories=bool(views.trajectories),
        direction=views.condition is not None, time=views.time is not None, day=views.day is not None,
    )  # fmt: skip
    return Block(TITLES["views"], pictures=(Picture("spaces", caption, figure, "Figure 3 A to C"),), **told)


def opening_picture(found: Measurements) -> Picture:
    """Draw what is decoded beside what content and style look like."""
    figure = pictures.opening(
        found.decoding, found.views, None if found.decoding.scores else found.across,
        n_conditions=found.prepared.trials.n_conditions, n_times=found.prepared.n_times,
    )  # fmt: skip
    if not found.decoding.scores:
        bars = "" if found.across is None else "Decoding across days: R² on held-out trials, 95 % intervals; "
        return Picture("opening", f"{bars}t-SNE of {found.name}.", figure, "")
    decoded = "Accuracy (dots, 95 % intervals over trials) and its chance (dashes); within the wider tolerance (rings)"
    caption = f"{decoded}; t-SNE of the spaces of {found.name}."
    return Picture("opening", caption, figure, "Figure 3 A, D")
