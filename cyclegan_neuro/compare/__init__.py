"""Many evaluated runs beside each other: tables over seeds and animals, paired differences, curves; knows no system."""
