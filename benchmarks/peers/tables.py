"""What benchmarks print, and compare outputs by."""
import math
import sys
import numpy as np


def difference(output, expected):
    if output.size != expected.size:
        return math.inf
    return float(np.abs(output.ravel() - expected.ravel()).max() / np.abs(expected).max())


def cell(value):
    return "–" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def table(header, rows):
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def progress(text):
    print(text, file=sys.stderr, flush=True)
