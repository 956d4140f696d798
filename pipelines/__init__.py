"""Programs on top of the Cal.com source and the SQL engine: sync, transform, report, commands."""
