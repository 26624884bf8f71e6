"""From two recordings to everything the networks are fed with: split, ordered, Φ where it is asked for, scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate.phi import corner_mask, phi_noise
from cyclegan_neuro.windows import scaling as scalings
from cyclegan_neuro.windows.memory import aligned_empty
from cyclegan_neuro.windows.ordering import identity_order, load_order, order_neurons, save_order
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Starts
from cyclegan_neuro.windows.scaling import Scaling, WindowTransform
from cyclegan_neuro.windows.segmentation import coverage
from cyclegan_neuro.windows.splitting import Split, split

__all__ = ["learn_order", "prepare_pair"]

SCALING_FILE = "scaling.json"
ORDER_FILE = "neuron_order.json"


def prepare_pair(
    x: Recording,
    y: Recording | None,
    *,
    data: DataSection,
    windows: WindowsSection,
    ordering: OrderingSection,
    seed: int,
    findings: Sequence[Finding] = (),
    notes: Sequence[str] = (),
    inputs: dict | None = None,
    run_directory: Path | None = None,
    order: NeuronOrder | None = None,
) -> PreparedPair:
    """Split, order and scale two days.

    The order of steps is that of Figure C.1: windows are chosen, neurons ordered, Φ applied in that
    order where y is Φ(X), and everything is scaled.

    Parameters
    ----------
    x : Recording
        The novice day, checked; ΔF/F in the user's neuron order.
    y : Recording or None
        The expert day with the same neurons in the same columns. ``None``: y is Φ(X), the synthetic
        transformation of each window of x (Eq. 6) with neurons in the order of the networks; windows of both
        days with the same index are then pairs.
    data : DataSection
        Noise and seed of Φ.
    windows : WindowsSection
    ordering : OrderingSection
    seed : int
        Deals windows out (split ``paper``) and drives the ordering autoencoder.
    findings, notes : sequences, optional
        What earlier stages had to say; the own ones are appended.
    inputs : dict, optional
        What went in, passed on.
    run_directory : Path, optional
        Where scaling and order are kept; if they are there already, they are read instead of learned.
    order : NeuronOrder, optional
        Learned elsewhere; :func:`learn_order` of these days when absent.

    Returns
    -------
    PreparedPair

    Raises
    ------
    WindowError
        If the recordings do not allow the windows, the split, the scaling or the ordering, or a file
        of the run directory cannot be used.

    References
    ----------
    Li et al., "Neuronal learning analysis using cycle-consistent adversarial networks" (2021), sections 2.3 and
    2.3.2, Figure C.1.
    """
    split_x, split_y = _splits(x, y, windows, seed)
    if order is None:
        order = learn_order(x, y, windows=windows, ordering=ordering, seed=seed, run_directory=run_directory)
    transform = _phi(x, data, windows.window_frames, order) if y is None else None
    scaling_x, scaling_y = _scaling(x, y, split_x.starts, split_y.starts, transform, windows, run_directory)
    unordered = PreparedPair(
        x=_day(x, split_x.starts, scaling_x),
        y=_day(_transformed_label(x) if y is None else y, split_y.starts, scaling_y, transform),
        window_frames=windows.window_frames,
        order=identity_order(x.n_neurons),
        findings=tuple(dict.fromkeys((*findings, *split_x.findings, *split_y.findings))),
        notes=tuple(dict.fromkeys((*notes, *split_x.notes, *split_y.notes, *_constant_notes(scaling_x, scaling_y)))),
        inputs=dict(inputs or {}),
    )
    return _ordered(unordered, order)


def learn_order(
    x: Recording,
    y: Recording | None,
    *,
    windows: WindowsSection,
    ordering: OrderingSection,
    seed: int,
    run_directory: Path | None = None,
) -> NeuronOrder:
    """Order the neurons of both days as they were recorded; of x alone where y will be Φ of it.

    Parameters
    ----------
    x, y, windows, ordering, seed, run_directory
        See :func:`prepare_pair`.

    Raises
    ------
    WindowError
        As :func:`prepare_pair`.
    """
    file = _in_run(run_directory, ORDER_FILE)
    if file is not None and file.exists():
        return load_order(file, n_neurons=x.n_neurons, method=ordering.method)
    if ordering.method == "original":  # spares a scaled copy of both days
        order = identity_order(x.n_neurons)
    else:
        logs = _in_run(run_directory, Path("tensorboard") / "ordering")
        order = order_neurons(_recorded(x, y, windows, seed), section=ordering, seed=seed, log_directory=logs)
    if file is not None:
        save_order(file, order)
    return order


def _in_run(run_directory: Path | None, name: str | Path) -> Path | None:
    return None if run_directory is None else Path(run_directory) / name


def _recorded(x: Recording, y: Recording | None, windows: WindowsSection, seed: int) -> PreparedPair:
    """Both days without Φ, scaled, in the user's order; where y will be Φ(X), x is both of them."""
    split_x, split_y = _splits(x, y, windows, seed)
    scaling_x = _fit(x, split_x.starts, windows)
    scaling_y = None if y is None else _fit(y, split_y.starts, windows)
    if y is not None and windows.share_scaling:
        scaling_x = scaling_y = scalings.share(scaling_x, scaling_y)
    day_x = _day(x, split_x.starts, scaling_x)
    day_y = day_x if y is None else _day(y, split_y.starts, scaling_y)
    return PreparedPair(day_x, day_y, windows.window_frames, identity_order(x.n_neurons))


def _phi(x: Recording, data: DataSection, window_frames: int, order: NeuronOrder) -> WindowTransform:
    """Φ in the user's order; its corner is connected in the order of the networks."""
    offset = aligned_empty(x.dff.shape)
    offset[...] = phi_noise(x.dff, weight=data.phi_noise, seed=data.phi_seed)
    return WindowTransform(mask=corner_mask(window_frames, x.n_neurons)[:, order.inverse], offset=offset)


def _splits(x: Recording, y: Recording | None, windows: WindowsSection, seed: int) -> tuple[Split, Split]:
    if y is None:  # one recording and pairs of windows: what is excluded on either day is excluded on both
        exclude = [*windows.exclude_x, *windows.exclude_y]
        both = split(x, windows=windows, exclude=exclude, seed=[seed, 0], where=f"days x and Φ(x) ({x.label})")
        return both, both
    return (
        split(x, windows=windows, exclude=windows.exclude_x, seed=[seed, 0], where=f"day x ({x.label})"),
        split(y, windows=windows, exclude=windows.exclude_y, seed=[seed, 1], where=f"day y ({y.label})"),
    )


def _scaling(x, y, starts_x: Starts, starts_y: Starts, transform, windows, run_directory) -> tuple[Scaling, Scaling]:
    file = _in_run(run_directory, SCALING_FILE)
    mode = windows.scaling
    if file is not None and file.exists():
        return scalings.load(file, n_neurons=x.n_neurons, mode=mode)
    scaling_x = _fit(x, starts_x, windows)
    if y is None:
        scaling_y = scalings.fit_transformed(x.dff, transform=transform, starts=starts_y.train, mode=mode)
    else:
        scaling_y = _fit(y, starts_y, windows)
    if windows.share_scaling:
        scaling_x = scaling_y = scalings.share(scaling_x, scaling_y)
    if file is not None:
        scalings.save(file, x=scaling_x, y=scaling_y, mode=mode)
    return scaling_x, scaling_y


def _fit(recording: Recording, starts: Starts, windows: WindowsSection) -> Scaling:
    covered = coverage(starts.train, window_frames=windows.window_frames, n_frames=recording.n_frames)
    return scalings.fit(recording.dff, covered=covered, mode=windows.scaling)


def _day(recording: Recording, starts: Starts, scaling: Scaling, transform: WindowTransform | None = None) -> Day:
    values = aligned_empty(recording.dff.shape)
    if transform is None:
        return Day(recording, scalings.apply(recording.dff, scaling, out=values), starts, scaling)
    np.multiply(recording.dff, scalings.gain(scaling), out=values)
    return Day(recording, values, starts, scaling, scalings.scale_transform(transform, scaling))


def _transformed_label(x: Recording) -> Recording:
    return replace(x, session=f"Φ({x.session or 'x'})", source=f"Φ of {x.source}", truth=None)


def _constant_notes(*both: Scaling) -> list[str]:
    notes = []
    for day, scaling in zip("xy", both, strict=True):
        constant = np.flatnonzero(scalings.gain(scaling) == 0)
        if constant.size:
            notes.append(
                f"day {day}: {constant.size} neuron{'s' * (constant.size > 1)} constant in training "
                f"({', '.join(map(str, constant[:8]))}{', ...' * (constant.size > 8)}), kept at mid-scale 0.5."
            )
    return notes


def _ordered(unordered: PreparedPair, order: NeuronOrder) -> PreparedPair:
    """Bring the columns of both days into the learned order."""
    if order.method == "original":
        return replace(unordered, order=order)
    note = f"Neurons sorted for the networks by '{order.method}'; every output is back in the recording's order."
    days = {}
    for name in ("x", "y"):
        day: Day = getattr(unordered, name)
        transform = day.transform
        if transform is not None:
            transform = WindowTransform(*(_columns(part, order) for part in (transform.mask, transform.offset)))
        days[name] = replace(day, values=_columns(day.values, order), transform=transform)
    return replace(unordered, **days, order=order, notes=(*unordered.notes, note))


def _columns(values: np.ndarray, order: NeuronOrder) -> np.ndarray:
    # mode "clip" writes to out directly; the default buffers it
    return np.take(values, order.columns, axis=1, out=aligned_empty(values.shape), mode="clip")
