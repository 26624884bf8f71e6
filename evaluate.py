"""Evaluate a trained run and write its report: ``python evaluate.py --help``."""

if __name__ == "__main__":  # processes that draw and count read this file too, and need no command line
    from cyclegan_neuro.cli.evaluate import main

    raise SystemExit(main())
