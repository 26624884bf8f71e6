"""How well a model of responses to stimuli does, whoever made it."""
