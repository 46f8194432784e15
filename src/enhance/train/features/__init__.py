"""Networks that others trained, which losses measure distances with."""
