"""Training the networks of spike inference from ground truth."""
