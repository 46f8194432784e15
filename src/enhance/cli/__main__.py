"""`python -m enhance.cli` does what `enhance` does."""

from enhance.cli import main

main()
