"""One network as explanations see it: in float32, with the layers, the score and the masks that are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zlib import crc32

import keras
import numpy as np
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam

from cyclegan_neuro.interpret.passes import Pass, Scales, Score
from cyclegan_neuro.windows.scaling import Scaling

__all__ = ["Explanation", "View", "beside", "float32_copy", "untrained"]

_SEEN = "seen"
_NOTHING: Mapping[str, np.ndarray] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one forward and one backward pass tell of some windows.

    Attributes
    ----------
    grad_cam : ndarray of float32, shape (window, time', neuron')
        Grad-CAM at the resolution of its layer; not negative, and not normalised, so that windows can be averaged.
        neuron' is 1 where neurons are channels.
    gradient : ndarray of float32, shape (window, time, neuron)
        Of each window's score with respect to the window.
    layer_cam : ndarray of float32, shape (window, time', neuron')
        ``Σ_c |∂score/∂A_c · A_c|`` at a layer A.
    masks : dict of str to ndarray of float32, shape (window, time', neuron')
        Outputs of the mask layers.
    change : ndarray of float32, shape (window, time, neuron), optional
        Output minus input in ΔF/F; of networks whose scalings are known.
    """

    grad_cam: np.ndarray
    gradient: np.ndarray
    layer_cam: np.ndarray
    masks: dict[str, np.ndarray]
    change: np.ndarray | None = None


class View:
    """Grad-CAM, gradients and attention masks of one network; build it once, use it for all windows.

    Parameters
    ----------
    network : keras.Model
        Functional, (window, time, neuron, 1), with inputs ``condition`` and ``noise`` (window, time, channel) where it
        reads them, to anything; noise is 0 here. The view shares its weights, and so follows its
        training; of a network in lower precision it keeps a copy in float32 (see :meth:`refresh`).
    grad_cam_layer, layer_cam_layer : str
        Names of the layers looked at.
    masks : sequence of str
        Layers whose outputs are attention masks.
    score : {"mean", "absolute", "change"}
        What is explained, per window: the mean output (a discriminator's "looks recorded"), the mean
        absolute output, or the mean absolute difference between output and input in ΔF/F, which asks for what a
        generator changes and not for what it passes on.
    scalings : (Scaling, Scaling), optional
        Of the windows and of the output, neurons in the network's order. A generator reads one day's scale and
        writes the other's: only in ΔF/F can the two be compared. Needed for score ``"change"``.

    Notes
    -----
    Grad-CAM averages the gradients of a channel over all places before it weights the channel, and cuts
    off what is negative. LayerCAM keeps them where they are; here its two ReLUs are absolute values, since
    features behind LeakyReLU and instance normalisation speak with either sign.
    ``docs/appendix/interpretation.md`` compares them on known answers.

    Grad-CAM is made by tf-keras-vis, from ``Σ A · ∂score/∂A`` instead of the network: at the layer A both have the
    same gradient, which is all that Grad-CAM asks for, and the pass for the other maps has made it already. Over
    the whole network it would take another pass in each direction (``benchmarks/interpretation.py``), and give
    the same map (tests compare them).

    References
    ----------
    Selvaraju et al. 2017, "Grad-CAM", Eq. 1-2; Jiang et al. 2021, "LayerCAM", Eq. 5-6; Simonyan et al. 2014,
    "Deep inside convolutional networks", section 3; Smilkov et al. 2017, "SmoothGrad".
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        grad_cam_layer: str,
        layer_cam_layer: str,
        masks: Sequence[str] = (),
        score: Score = "mean",
        scalings: tuple[Scaling, Scaling] | None = None,
    ):
        if score == "change" and scalings is None:
            raise ValueError("the change of a window needs the scalings of input and output")
        self._source = network
        self.network = float32_copy(network)
        self._mask_names = tuple(masks)
        self._scales = None if scalings is None else Scales(*scalings)
        layers = (grad_cam_layer, layer_cam_layer, *masks)
        self._pass = Pass.of(self.network, layers=layers, score=score, scales=self._scales)
        seen, slope = (keras.Input(self._pass.held_shape, name=name) for name in (_SEEN, None))
        self._grad_cam = Gradcam(keras.Model([seen, slope], [keras.layers.Multiply()([seen, slope])]), clone=False)

    def refresh(self) -> None:
        """Copy the network's weights into the float32 copy; nothing to do where weights are shared."""
        if self.network is not self._source:
            self.network.set_weights(self._source.get_weights())

    def explain(self, windows: np.ndarray, known: Mapping[str, np.ndarray] = _NOTHING) -> Explanation:
        """Return all maps, and the change, from one pass in each direction.

        Parameters
        ----------
        windows : ndarray of float32, shape (window, time, neuron)
            Scaled and ordered.
        known : mapping of str to ndarray
            ``condition`` (window, time, channel) where the network sees behaviour, ``places`` (window, time) where
            the scalings depend on them.
        """
        at_layer, gradient, layer_cam, masks, change = self._ask(windows, known)
        grad_cam = self._grad_cam(
            _sum_per_window,
            at_layer,
            penultimate_layer=_SEEN,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
        return Explanation(
            grad_cam=_as_maps(grad_cam),
            gradient=gradient.numpy()[..., 0],
            layer_cam=_as_maps(layer_cam),
            masks={name: _as_maps(mask) for name, mask in zip(self._mask_names, masks, strict=True)},
            change=change[0].numpy()[..., 0] if change else None,
        )

    def smooth_grad(
        self, windows: np.ndarray, known: Mapping[str, np.ndarray] = _NOTHING, *, samples: int, noise: float, seed: int
    ) -> np.ndarray:
        """Return SmoothGrad: absolute gradients, averaged over noisy copies of a window.

        Parameters
        ----------
        windows, known
            As :meth:`explain`.
        samples : int
            Noisy copies.
        noise : float
            Standard deviation of their noise, as a share of the window's range.
        seed : int
            With the content of a window it gives the window's noise: the same in every batch and every run.

        Returns
        -------
        ndarray of float32, shape (window, time, neuron)

        Notes
        -----
        The average that tf-keras-vis computes, which draws from NumPy's global generator, so that no two of
        its calls agree.
        """
        generators = [np.random.default_rng([seed, crc32(np.ascontiguousarray(window))]) for window in windows]
        spread = noise * np.ptp(windows, axis=(1, 2), keepdims=True)
        total = np.zeros(windows.shape)
        for _ in range(samples):
            draws = np.stack([generator.standard_normal(windows.shape[1:], np.float32) for generator in generators])
            _, gradient, *_ = self._ask(windows + spread * draws, known)
            total += np.abs(gradient.numpy()[..., 0])
        return (total / samples).astype(np.float32)

    def _ask(self, windows: np.ndarray, known: Mapping[str, np.ndarray]):
        """One pass, with what the network and the scalings of this view need."""
        given = [tf.convert_to_tensor(windows[..., None], tf.float32), *beside(self.network, known, len(windows))]
        if self._scales is not None and self._scales.of_places:
            given.append(tf.convert_to_tensor(known["places"], tf.int64))
        return self._pass(self.network, self._scales, *given)


def beside(network: keras.Model, known: Mapping[str, np.ndarray], n_windows: int) -> list[tf.Tensor]:
    """Return what a network reads beside windows: what is known of them, and no noise, (window, time, channel)."""
    shapes = {one.name: (n_windows, *one.shape[1:]) for one in network.inputs[1:]}
    return [
        tf.zeros(shape) if name == "noise" else tf.convert_to_tensor(known[name], tf.float32)
        for name, shape in shapes.items()
    ]


def float32_copy(network: keras.Model) -> keras.Model:
    """Return ``network`` itself if it computes in float32, else a copy that does, with the same weights."""
    if all(layer.compute_dtype == "float32" for layer in network.layers):
        return network

    def in_float32(layer):
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})

    copy = keras.models.clone_model(network, clone_function=in_float32)
    copy.set_weights(network.get_weights())
    return copy


def untrained(network: keras.Model) -> keras.Model:
    """Return the same network with fresh initial weights.

    A map that it gives as well explains the data or the architecture, but not what was learned.

    References
    ----------
    Adebayo et al. 2018, "Sanity checks for saliency maps", section 3 (model parameter randomisation).
    """
    return keras.models.clone_model(network)


def _sum_per_window(values):
    return tf.reduce_sum(values, axis=list(range(1, values.shape.rank)))


def _as_maps(values) -> np.ndarray:
    """Bring (window, time'), (window, time', neuron') or (window, time', neuron', 1) to three axes."""
    values = keras.ops.convert_to_numpy(values)
    return values.reshape(*values.shape[:2], -1)
