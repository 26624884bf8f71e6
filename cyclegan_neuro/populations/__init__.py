"""Activity of populations as samples: reading and binning, simulators, statistics, models fitted in seconds."""
