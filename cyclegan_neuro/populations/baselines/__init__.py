"""Models that a generator is compared with: each is fitted to samples and draws new ones."""
