"""How fast are the shipped models? CPU time per face, beside bicubic and, if you have them, other people's.

    python benchmarks/speed.py [--peers FOLDER]
    python benchmarks/speed.py --peak

FOLDER holds unpacked packages: see benchmarks/race.py. --peak says instead which share of the machine's arithmetic the
networks get: of what a large 3x3 convolution reaches in the same run.
"""

import argparse
import sys
from pathlib import Path

import throughput
from enhance.errors import EnhanceError
from enhance.inference.model import Model, face_models
from timing import speed, text


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="a shipped model or an .onnx file; default: those of faces")
    parser.add_argument("--repeats", type=int, default=7, help="timings per face, the median counts (default 7)")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where the peers' wheels are unzipped")
    parser.add_argument("--peak", action="store_true", help="measure the share of the machine's arithmetic instead")
    options = parser.parse_args()
    try:
        if options.peak:
            files = {Path(name).stem: Model.load(name).path for name in options.model or face_models()}
            print(throughput.text(throughput.throughput(files)), end="")
            return 0
        found = speed(options.model or face_models(), repeats=options.repeats, others=options.peers)
    except EnhanceError as error:
        print(f"speed: {error}", file=sys.stderr)
        return error.exit_code
    print(text(found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
