"""Simultaneous ΔF/F and spikes: what spike inference is trained on and measured against.

``loading.load_ground_truth`` reads a file or a folder, ``examples.resample`` and
``examples.smooth_target`` make frames and targets at the wanted frame rate.
"""

from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
