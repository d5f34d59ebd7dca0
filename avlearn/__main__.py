"""`python -m avlearn` is the command line; so `torchrun -m avlearn` is, with several processes."""

from avlearn.cli import main

raise SystemExit(main())
