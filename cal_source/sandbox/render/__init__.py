"""Rows of the world as the JSON bodies Cal.com answers, one module per entity and version."""
