"""Whether generated samples hold whole packets, where packets are known (Figure 4A)."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Table
from cyclegan_neuro.evaluation.samples.measurements import Measurements
from cyclegan_neuro.populations.packet_counts import PacketShares, Share

__all__ = ["packets_block", "share_text"]


def packets_block(found: Measurements) -> Block | None:
    """Tell how often each model makes a whole packet; None where packets are not known."""
    one = found.packets
    if one is None:
        return None
    place = f"within {one.slack_bins} bins of their places" if one.slack_bins else "in place"
    paragraph = (
        f"The packets are known here. Bins after which all {one.spikes} spikes of a packet are {place} were counted: "
        "correlations of pairs alone do not make them. Intervals (95 %) are those of the counts in these samples; "
        "networks of other seeds may differ by more."
    )
    table = ("Whole packets, relative to how often they were recorded.", _table(found, one))
    return Block("Do generated samples hold whole packets?", (paragraph,), (table,))


def _table(found: Measurements, one: PacketShares) -> Table:
    columns = ("", *(f"packet {number}" for number in range(1, len(one.recorded) + 1)), "all packets")
    recorded = ("recorded, number", *map(int, one.recorded), int(one.recorded.sum()))
    shares = [(found.label(name), *map(share_text, shares)) for name, shares in one.shares.items()]
    return Table("whole_packets", columns, (*shares, recorded))


def share_text(share: Share) -> str:
    """Return a share with its interval, in per cent; a dash where nothing was recorded."""
    if share.value != share.value:
        return "–"
    value, low, high = (f"{100 * number:.1f}" for number in (share.value, share.low, share.high))
    return f"{value} % ({low} to {high})"
