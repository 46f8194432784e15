"""What was made up in a result, and how it is said."""
