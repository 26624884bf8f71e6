"""Swap-VAE (Liu et al. 2021) and the methods it is compared with: representations of trials of a population."""

from cyclegan_neuro.systems.swap_vae.system import SwapVAESystem

__all__ = ["SYSTEM"]

SYSTEM = SwapVAESystem()
