"""Times whole networks in Prefactor and its peers, in turn within one run, in float32, and prints tables.

    python benchmarks/peers [--networks NAME,…] [--peers ort,openvino,mnn,ncnn] [--threads 1,2] [--batch 1,16]
                            [--rounds 15]

Needs benchmarks/peers/requirements.txt, the command line and the library. Ratios are of the fastest peer's time to
Prefactor's: above 1, Prefactor is faster. Only ratios within one run count.
"""
import argparse
import contextlib
import json
import pathlib
import statistics
import tempfile
import time
import networks
import runtimes
from tables import cell, difference, progress, table
from worker import Failure, convert, running, serve

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Idle threads of some peers spin for a while, which would take a core from whoever runs next.
PAUSE = 0.1
# Of the largest output: what Winograd's rounding through fifty layers stays well below.
LARGEST_DIFFERENCE = 1e-2


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: [word.strip() for word in text.split(",") if word.strip()]
    numbers = lambda text: [int(word) for word in words(text)]
    parser.add_argument("--networks", type=words, default=networks.names(), help="of: " + ", ".join(networks.names()))
    parser.add_argument("--peers", type=words, default=["ort", "openvino", "mnn", "ncnn"])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batch", type=numbers, default=[1, 16])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--starts", type=int, default=5, help="fresh processes for the second table; 0: none")
    parser.add_argument("--plan", type=pathlib.Path,
                        help="factor Prefactor's networks by this; their outputs are not compared then")
    parser.add_argument("--json", type=pathlib.Path, help="every time, for a program")
    parser.add_argument("--cache", type=pathlib.Path, help="where converted networks are kept for the next run")
    parser.add_argument("--prefactor", default=str(ROOT / ".build/release/prefactor"))
    parser.add_argument("--library", default=str(ROOT / "build/libprefactor.so"))
    options = parser.parse_args()
    if unknown := set(options.networks) - set(networks.names()):
        parser.error(f"there is no network {', '.join(sorted(unknown))}")
    if unknown := set(options.peers) - set(runtimes.NAMES):
        parser.error(f"there is no peer {', '.join(sorted(unknown))}")
    return options


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.tools = {"prefactor": options.prefactor, "library": options.library, "plan": options.plan}
        self.keys = [key for key in options.peers if key != "prefactor"] + ["prefactor"]
        self.runtimes = {key: runtimes.load(key) for key in self.keys}
        self.versions, self.rows, self.starts, self.failures = {}, [], [], {}

    def network(self, name):
        for batch in self.options.batch:
            progress(f"{name}, batch {batch}: converting")
            shape, paths, expected = self.prepare(name, batch)
            for threads in self.options.threads:
                progress(f"{name}, batch {batch}, threads {threads}: timing")
                self.rows.append(self.times(name, batch, threads, shape, paths, expected))
            if self.options.starts and batch == self.options.batch[0]:
                progress(f"{name}: starting")
                self.starts.append(self.start(name, shape, paths))
            if not self.options.cache:
                for path in self.folder.iterdir():
                    path.unlink()

    def prepare(self, name, batch):
        stem = name.replace(" ", "-")
        source = {size: self.folder / f"{stem}-{size}.onnx" for size in {1, batch}}
        for size, path in source.items():
            shape = networks.make(name, size, path)
        shape[0] = batch
        with running(serve, "ort", str(source[batch]), 1, shape, self.tools) as worker:
            expected = worker.receive()["output"]
        paths = {}
        for key, runtime in self.runtimes.items():
            size = batch if runtime.BATCHES else 1
            note = self.folder / f"{stem}-{size}-{key}.path"
            # Prefactor's file changes with the compiler under test.
            if note.exists() and key != "prefactor":
                paths[key] = note.read_text()
                continue
            try:
                with running(convert, key, source[size], self.folder / f"{stem}-{size}-{key}", self.tools) as worker:
                    paths[key] = worker.receive()
                note.write_text(paths[key])
            except Failure as error:
                self.fail(key, name, f"does not convert: {error}")
        return shape, paths, expected

    def times(self, name, batch, threads, shape, paths, expected):
        row = {"network": name, "batch": batch, "threads": threads, "ms": {}, "times": {}, "differences": {}}
        with contextlib.ExitStack() as stack:
            workers = {}
            for key, path in paths.items():
                worker = stack.enter_context(running(serve, key, path, threads, shape, self.tools))
                try:
                    first = worker.receive()
                    self.versions[key] = first["version"]
                    row["differences"][key] = difference(first["output"], expected)
                    is_factored = key == "prefactor" and self.options.plan
                    if not row["differences"][key] <= LARGEST_DIFFERENCE and not is_factored:
                        raise Failure(f"wrong by {row['differences'][key]:.0e} of the largest output")
                    workers[key] = worker
                except Failure as error:
                    self.fail(key, name, error)
            for _ in range(self.options.rounds):
                for key, worker in list(workers.items()):
                    time.sleep(PAUSE)
                    try:
                        row["times"].setdefault(key, []).append(worker.time())
                    except Failure as error:
                        self.fail(key, name, error)
                        del workers[key]
            row["ms"] = {key: statistics.median(row["times"][key]) * 1e3 for key in workers}
        return row

    def start(self, name, shape, paths):
        found = {key: [] for key in paths if (key, name) not in self.failures}
        for _ in range(self.options.starts):
            for key in found:
                time.sleep(PAUSE)
                with running(serve, key, paths[key], 1, shape, self.tools) as worker:
                    try:
                        found[key].append(worker.receive())
                    except Failure as error:
                        self.fail(key, name, error)
        return {"network": name, **{field: {
            key: statistics.median(first[field] for first in firsts) * (1e3 if field == "seconds" else 1)
            for key, firsts in found.items() if firsts
        } for field in ("seconds", "idle", "peak")}}

    def fail(self, key, name, reason):
        self.failures.setdefault((key, name), str(reason))
        progress(f"{self.runtimes[key].NAME} fails {name}: {reason}")

    def report(self):
        name = lambda key: self.runtimes[key].NAME
        print("Versions: " + ", ".join(f"{name(key)} {version}" for key, version in self.versions.items()) + ".\n")
        print("Milliseconds a run, medians; ratio: fastest peer ÷ Prefactor.\n")
        table(["network", "batch", "threads", *map(name, self.keys), "ratio"], [
            [row["network"], row["batch"], row["threads"], *(cell(row["ms"].get(key)) for key in self.keys),
             cell(ratio(row["ms"]))] for row in self.rows
        ] + [
            [f"geometric mean of {len(rows)}, ÷ Prefactor", batch, threads,
             *(mean(rows, key) for key in self.keys[:-1]), "", mean(rows)]
            for batch in self.options.batch for threads in self.options.threads
            if (rows := [row["ms"] for row in self.rows
                         if (row["batch"], row["threads"]) == (batch, threads) and ratio(row["ms"])])
        ])
        if self.starts:
            print("\nOpening and one run in a fresh process, 1 thread: "
                  "milliseconds, and peak resident MB (of which before opening).\n")
            table(["network", *(f"{name(key)} {unit}" for unit in ("ms", "MB") for key in self.keys)], [
                [row["network"], *(cell(row["seconds"].get(key)) for key in self.keys),
                 *(f"{row['peak'][key]:.0f} ({row['idle'][key]:.0f})" if key in row["peak"] else "–"
                   for key in self.keys)] for row in self.starts])
        differences = {
            key: max((row["differences"].get(key, 0) for row in self.rows if key in row["ms"]), default=0)
            for key in self.keys}
        print("\nLargest difference from ONNX Runtime's outputs, as a share of the largest output: "
              + ", ".join(f"{name(key)} {value:.0e}" for key, value in differences.items()) + ".")
        if "ncnn" in self.keys and max(self.options.batch) > 1:
            print("ncnn has no batches: it runs once for each image.")
        for (key, network), reason in self.failures.items():
            print(f"- {name(key)}, {network}: {reason}")


def ratio(ms):
    peers = [value for key, value in ms.items() if key != "prefactor"]
    return min(peers) / ms["prefactor"] if peers and "prefactor" in ms else None


def mean(rows, key=None):
    values = [ratio(ms) if key is None else ms[key] / ms["prefactor"] for ms in rows if key is None or key in ms]
    return f"{statistics.geometric_mean(values):.2f}" if values else "–"


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.cache or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(options, folder.resolve())
        try:
            for name in options.networks:
                bench.network(name)
        finally:
            bench.report()
    if options.json:
        options.json.write_text(json.dumps({
            "versions": bench.versions, "rows": bench.rows, "starts": bench.starts,
            "failures": [{"runtime": key, "network": name, "reason": reason}
                         for (key, name), reason in bench.failures.items()]}, indent=1))


if __name__ == "__main__":
    main()
