"""Photos in and out: decoding, encoding, metadata, colour profiles and the record of what was invented."""
