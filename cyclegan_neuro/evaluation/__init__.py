"""What a report is made of, and how well a translator of days or a generator of samples does; knows no system."""
