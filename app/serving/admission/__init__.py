"""What is let in: which texts, within which bounds, at what price."""
