"""Where networks look, and whether that is where the data changed; knows networks and arrays, no system."""
