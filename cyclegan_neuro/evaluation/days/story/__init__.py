"""The report of a CycleGAN as a story: what went in, did the mapping work, what changed."""
