"""How well a generator of population activity does, whoever made it; knows no system."""
