"""`python -m sockscope.app.sampler`."""

from sockscope.app.sampler.main import main

main()
