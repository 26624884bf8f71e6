"""The report of a Spike-GAN run, block by block."""
