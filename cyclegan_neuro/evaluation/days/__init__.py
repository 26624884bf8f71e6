"""How well a translator of two days does, whoever made it."""
