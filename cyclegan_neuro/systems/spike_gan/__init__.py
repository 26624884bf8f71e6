"""Spike-GAN: population spike trains from noise.

Molano-Mazon, Onken, Piasini, Panzeri 2018, "Synthesizing realistic neural population activity patterns using
generative adversarial networks", ICLR.
"""

from cyclegan_neuro.systems.spike_gan.system import SpikeGANSystem

SYSTEM = SpikeGANSystem()
