"""Simultaneous ΔF/F and spikes: what spike inference is trained on and measured against."""
