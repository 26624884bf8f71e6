"""How well a model represents trials of a population, whoever made it."""
