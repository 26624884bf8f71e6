"""Simulated populations with known truth: correlated groups, packets of spikes, responses to two stimuli."""
