"""Spikes of recorded and generated windows, and how their statistics compare (sections 2.3 and 3.2)."""
