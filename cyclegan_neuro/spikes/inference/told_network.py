"""The network of spike inference as matrix products, once it is told what is known about a trace.

What scales and shifts the features of a trace is the same at all its frames, so it becomes part of the weights; hats,
which are many times longer than their number, are read for several frames by one product. NumPy, one thread: traces are
shared among threads by who calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cyclegan_neuro.spikes.inference.spike_network import DFF_SCALE, LEAK

__all__ = ["Look", "Scratch", "ToldNetworks"]

_FRAMES_PER_BLOCK = 16  # read by one product

_Layer = tuple[np.ndarray, np.ndarray]  # kernel and bias


class Scratch(dict[str, np.ndarray]):
    """Memory that calls use again, by name: asking the system for it anew takes a third of the time."""

    def array(self, name: str, *shape: int) -> np.ndarray:
        """Return an array of float32 with anything in it."""
        size = int(np.prod(shape))
        if name not in self or self[name].size < size:
            self[name] = np.empty(size, np.float32)
        return self[name][:size].reshape(shape)


class ToldNetworks:
    """Networks whose rates are averaged, for traces of one noise level, frame rate, indicator and cell type.

    Parameters
    ----------
    members : sequence of dict of str to ndarray
        See :func:`cyclegan_neuro.spikes.inference.spike_network.weight_shapes`.
    condition : ndarray of float, shape (2 + code,)
        See :func:`cyclegan_neuro.spikes.inference.spike_network.condition_of`.
    looks : tuple of Look
        At ΔF/F, and at its narrow features; the same for all traces of a frame rate.
    """

    def __init__(self, members: Sequence[Mapping[str, np.ndarray]], condition: np.ndarray, looks: tuple[Look, Look]):
        self._members = [_Member(weights, condition) for weights in members]
        self._first, self._second = looks

    def rates(self, rows: np.ndarray, scratch: Scratch) -> np.ndarray:
        """Return the mean of the networks' rates in Hz, not yet cut off at 0: (trace, frame) to those in reach."""
        seen = self._first(rows[..., None], scratch, "first")
        edge = self._second.n_frames // 2
        total = np.zeros((len(rows), seen.shape[1] - 2 * edge), np.float32)
        for member in self._members:
            features = _leaky(_dense(seen, member.first, scratch, "hidden"), scratch)
            features = _leaky(_dense(features, member.second, scratch, "features"), scratch)
            narrow = _leaky(_dense(features, member.narrow, scratch, "narrow"), scratch)
            around = self._second(narrow, scratch, "second")
            beside = _dense(features[:, edge : -edge or None], member.beside, scratch, "beside")
            beside += np.matmul(around, member.around, out=scratch.array("around", *beside.shape))
            total += _leaky(beside, scratch) @ member.output[0] + member.output[1]
        return total / len(self._members)


class _Member:
    """The layers of a network, told: kernel and bias of each."""

    def __init__(self, weights: Mapping[str, np.ndarray], condition: np.ndarray):
        told = {
            name: (1 + condition @ weights[f"{name}_scale"], condition @ weights[f"{name}_shift"])
            for name in ("first", "second", "around")
        }

        def layer(name: str, by: str) -> _Layer:
            scale, shift = told[by]
            bias = weights[f"{name}_bias"] * scale + shift
            return (weights[f"{name}_kernel"] * scale).astype(np.float32), bias.astype(np.float32)

        first, bias = layer("first", "first")
        self.first = first / np.float32(DFF_SCALE), bias
        self.second = layer("second", "second")
        self.narrow = weights["narrow_kernel"], weights["narrow_bias"]
        around = weights["around_kernel"]
        self.around = (around.reshape(-1, around.shape[-1]) * told["around"][0]).astype(np.float32)
        self.beside = layer("beside", "around")
        self.output = weights["output_kernel"][:, 0], weights["output_bias"]


class Look:
    """Hat functions at every frame: (trace, frame, channel) to (trace, frame in reach, hat * channel).

    Parameters
    ----------
    basis : ndarray of float, shape (frame, hat)
        One of :meth:`cyclegan_neuro.spikes.inference.spike_network.Architecture.bases`.
    """

    def __init__(self, basis: np.ndarray):
        self.n_frames, n_hats = basis.shape
        self._block = np.zeros((_FRAMES_PER_BLOCK, n_hats, _FRAMES_PER_BLOCK + self.n_frames - 1), np.float32)
        for frame, rows in enumerate(self._block):
            rows[:, frame : frame + self.n_frames] = basis.T
        self._block = self._block.reshape(-1, self._block.shape[-1])

    def __call__(self, features: np.ndarray, scratch: Scratch, name: str) -> np.ndarray:
        n_traces, n_frames, n_channels = features.shape
        n_found = n_frames - self.n_frames + 1
        n_blocks = -(-n_found // _FRAMES_PER_BLOCK)
        n_values, width = self._block.shape
        padded = scratch.array(f"{name} padded", n_traces, n_blocks * _FRAMES_PER_BLOCK + self.n_frames - 1, n_channels)
        padded[:, :n_frames], padded[:, n_frames:] = features, 0
        blocks = sliding_window_view(padded, width, axis=1)[:, ::_FRAMES_PER_BLOCK]  # (trace, block, channel, frame)
        found = scratch.array(name, n_traces, n_blocks, n_values, n_channels)
        if n_channels == 1:  # one product for all blocks
            copied = scratch.array(f"{name} copied", n_traces * n_blocks, width)
            copied.reshape(n_traces, n_blocks, width)[:] = blocks[:, :, 0]
            np.matmul(copied, self._block.T, out=found.reshape(-1, n_values))
        else:
            np.matmul(self._block, np.moveaxis(blocks, -1, -2), out=found)
        return found.reshape(n_traces, n_blocks * _FRAMES_PER_BLOCK, -1)[:, :n_found]


def _dense(values: np.ndarray, layer: _Layer, scratch: Scratch, name: str) -> np.ndarray:
    kernel, bias = layer
    found = np.matmul(values, kernel, out=scratch.array(name, *values.shape[:-1], kernel.shape[1]))
    found += bias
    return found


def _leaky(values: np.ndarray, scratch: Scratch) -> np.ndarray:
    scaled = np.multiply(values, np.float32(LEAK), out=scratch.array("scaled", *values.shape))
    return np.maximum(values, scaled, out=values)
