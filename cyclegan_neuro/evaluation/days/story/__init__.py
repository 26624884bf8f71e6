"""The report of a translator as a story: what went in, did the mapping work, what changed."""
