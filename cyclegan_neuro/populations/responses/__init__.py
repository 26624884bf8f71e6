"""Responses of a population to stimuli that were shown again and again: reading, statistics, preparing."""
