"""``python -m lab.cli`` is the ``lab`` command."""

from lab.cli import main

main()
