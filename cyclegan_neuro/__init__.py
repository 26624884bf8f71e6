"""What changed in a population of neurons when the animal learned?

The package learns, without paired samples, the mapping between two-photon
recordings of the same neurons before (``x``) and after (``y``) learning.
Importing it is cheap: TensorFlow is loaded only by the rooms that train or
apply networks (``networks``, ``systems.*.model``, ``training``).
"""

__version__ = "0.1.0"
