"""Decoding of behaviour from representations of trials: readouts, cross-validation, disentanglement."""
