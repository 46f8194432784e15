"""A drawing of a cat's head in, a cat that follows its lines out."""
