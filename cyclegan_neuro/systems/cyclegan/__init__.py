"""CycleGAN for neuronal learning.

Li, Amvrosiadis, Rochefort, Onken 2021, "Neuronal learning analysis using cycle-consistent
adversarial networks".
"""

from cyclegan_neuro.systems.cyclegan.system import CycleGANSystem

SYSTEM = CycleGANSystem()
