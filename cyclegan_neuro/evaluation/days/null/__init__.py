"""Whether two days differ by more than days between which nothing was learned: learning beyond drift."""
