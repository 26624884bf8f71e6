"""Stands in for ``cyclegan-neuro train`` and ``evaluate``: writes what they would, in no time.

With ``training.seed`` 13 the first training fails, with 99 every one, 98 is refused, and 50 trains until it is told to
stop.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path


def main(command, *options):
    directory = Path(options[options.index("--output_dir") + 1])
    print("threads:", os.environ.get("OMP_NUM_THREADS"), flush=True)
    if command == "train":
        text = Path(options[options.index("--config") + 1]).read_text()
        assert options[options.index("--resume") + 1] == "auto"
        resumed = (directory / "status.json").exists()
        directory.mkdir(exist_ok=True)
        train(directory, int(text.split("training:")[1].split("  seed: ")[1].split()[0]), resumed=resumed)
    else:
        (directory / "report").mkdir()
        (directory / "report" / "metrics.json").write_text("{}")


def train(directory, seed, *, resumed):
    def say(state):
        (directory / "status.json").write_text(json.dumps({"state": state}))

    def save(number, frame):
        say("interrupted")
        raise SystemExit(128 + number)

    if seed == 98:
        print("error: refused")
        raise SystemExit(2)
    if seed == 99 or (seed == 13 and not resumed):
        say("failed")
        print("error: broken")
        raise SystemExit(1)
    if seed == 50 and not resumed:
        signal.signal(signal.SIGTERM, save)
        threading.Thread(target=end_with_stdin, daemon=True).start()
        say("training")
        time.sleep(600)
    say("finished")


def end_with_stdin():
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(*sys.argv[1:])
