"""Population activity in trials, with what the animal did: reading, splitting, simulating."""
