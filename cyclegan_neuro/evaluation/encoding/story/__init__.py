"""The story that the report tells of a model of responses."""
