"""Spikes of recorded and generated windows, and how their statistics compare (section 3.2)."""
