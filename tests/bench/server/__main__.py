"""`python -m tests.bench.server`."""

from tests.bench.server.process import main

main()
