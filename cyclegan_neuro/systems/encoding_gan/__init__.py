"""The adversarial encoding model (Ramesh, Atayi & Macke 2019): stimulus in, spikes with noise correlations out."""

from cyclegan_neuro.systems.encoding_gan.system import EncodingGANSystem

__all__ = ["SYSTEM"]

SYSTEM = EncodingGANSystem()
