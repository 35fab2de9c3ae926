"""How an operation comes in, what admits it, and how its answer goes out."""
