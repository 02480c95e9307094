"""The journal on SQLite or PostgreSQL: one set of tables, statements and operations, two ways to run them."""
