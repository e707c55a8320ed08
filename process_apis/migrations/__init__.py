"""Schema of the process tier's database: dated migrations, expand then contract."""
