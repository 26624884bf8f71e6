"""Spike rates from ΔF/F: networks, their training, and where trained ones come from."""
