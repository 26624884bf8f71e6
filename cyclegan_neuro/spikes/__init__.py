"""Spikes: inferred from ΔF/F, counted, as Neo trains; their statistics, and how far two sets of spikes differ."""
