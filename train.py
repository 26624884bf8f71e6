"""Train a system: ``python train.py --help``."""

from cyclegan_neuro.cli.train import main

if __name__ == "__main__":
    raise SystemExit(main())
