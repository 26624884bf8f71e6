"""Spikes: inferred from ΔF/F, counted per frame, as Neo trains, their statistics, and how far two sets of them differ."""
