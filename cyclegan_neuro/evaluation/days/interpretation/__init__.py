"""Where the four networks look, beside what is known of where the days differ."""
