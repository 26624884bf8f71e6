"""Statistics of spike trains, by Elephant: firing rates, correlations, van Rossum distances."""
