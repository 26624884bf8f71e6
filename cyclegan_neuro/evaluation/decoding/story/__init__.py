"""What the report on representations of trials tells, in order."""
