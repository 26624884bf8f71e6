"""Whether the mapping that a run found is the one that the data ask for, or one of many."""
