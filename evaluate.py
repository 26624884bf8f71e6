"""Evaluate a trained run and write its report: ``python evaluate.py --help``."""

from cyclegan_neuro.cli.evaluate import main

if __name__ == "__main__":
    raise SystemExit(main())
