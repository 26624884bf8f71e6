"""What the report tells, in blocks and sentences."""
