"""Which spikes matter to a critic, and whether they are the ones that belong to packets."""
