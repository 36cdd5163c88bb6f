"""Times the OpenCL backend against the CPU's, CLBlast and MNN, in turn within one run on as many threads, and prints
tables.

    python benchmarks/opencl [--tables convolutions,factored,networks,profile] [--networks NAME,…] [--layers TEXT,…]
                             [--rounds 15] [--threads 2]

Needs benchmarks/peers/requirements.txt, the command line, the library, an OpenCL device, and for CLBlast its library
(Debian's libclblast1). Milliseconds are medians, with minima in parentheses; ratios are of both, in the same way. Only
ratios within one run count.
"""
import argparse
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "benchmarks/layers"), str(ROOT / "benchmarks/peers")]
import convolutions
import factored
import networks
import timeline
import whole
from backends import Device

TABLES = {"convolutions": convolutions, "factored": factored, "networks": whole, "profile": timeline}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: [word.strip() for word in text.split(",") if word.strip()]
    parser.add_argument("--tables", type=words, default=list(TABLES))
    parser.add_argument("--networks", type=words, help="of: " + ", ".join(networks.names()))
    parser.add_argument("--layers", type=words, help="only layers that have one of these texts in their names")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the CPU's backend and of PoCL")
    parser.add_argument("--device", default="", help="a number, or a part of a name, as `prefactor devices` lists them")
    parser.add_argument("--tune", action="store_true", help="measure the tiles of every convolution before it is timed")
    parser.add_argument("--cache", type=pathlib.Path,
                        help="where converted networks, compiled programs and tuned tiles are kept for the next run")
    parser.add_argument("--prefactor", default=str(ROOT / ".build/release/prefactor"))
    parser.add_argument("--library", default=str(ROOT / "build/libprefactor.so"))
    options = parser.parse_args()
    if unknown := set(options.networks or []) - set(networks.names()):
        parser.error(f"there is no network {', '.join(sorted(unknown))}")
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"there is no table {', '.join(sorted(unknown))}")
    return options


def main():
    options = parse()
    # PoCL starts its threads when it is loaded.
    os.environ["POCL_MAX_PTHREAD_COUNT"] = str(options.threads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.cache or pathlib.Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        device = Device(options, folder)
        print(f"{device.name}, {device.units} compute units, {device.driver}; {options.threads} threads on the CPU.")
        for name in options.tables:
            TABLES[name].report(options, folder, device)


if __name__ == "__main__":
    main()
