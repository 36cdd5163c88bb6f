"""Whole networks, each runtime in a process of its own: on the device, on the CPU, and in MNN on the device."""
import contextlib
import networks
import runtimes
from measure import Ratio, Times
from tables import difference, progress, table
from worker import Failure, convert, running, serve

USUAL = ["ZFNet-512", "ResNet-50", "AlexNet"]
KEYS = ["prefactor-opencl", "prefactor", "mnn-opencl"]
# The most that the device may take for each second of the CPU.
TARGET = 2
LARGEST_DIFFERENCE = 1e-2


def usual():
    return USUAL + [name for name in networks.names() if name not in networks.LIGHT] + (
        [] if "squeezenet1.1" in networks.names() else ["SqueezeNet"])


def measure(name, options, folder, tools, failures):
    source = folder / f"{name}.onnx"
    shape = networks.make(name, 1, source)
    with contextlib.ExitStack() as stack:
        workers, outputs, seconds = {}, {}, {}
        for key in KEYS:
            try:
                with running(convert, key, source, folder / f"{name}-{key}", tools) as worker:
                    path = worker.receive()
                worker = stack.enter_context(running(serve, key, path, options.threads, shape, tools))
                outputs[key] = worker.receive()["output"]
                workers[key], seconds[key] = worker, []
            except Failure as error:
                failures.setdefault((key, str(error)), []).append(name)
        for _ in range(options.rounds):
            for key, worker in workers.items():
                seconds[key].append(worker.time())
    if "prefactor" in outputs:
        for key, output in outputs.items():
            if not (off := difference(output, outputs["prefactor"])) <= LARGEST_DIFFERENCE:
                failures.setdefault((key, f"differs from the CPU by {off:.0e} of the largest output"), []).append(name)
    return {key: Times(list) for key, list in seconds.items()}


def report(options, folder, device):
    tools = {"prefactor": options.prefactor, "library": options.library, "plan": None, "opencl": device.options()}
    rows, ratios, failures = [], [], {}
    for name in options.networks or usual():
        progress(name)
        times = measure(name, options, folder, tools, failures)
        if "prefactor-opencl" in times and "prefactor" in times:
            ratios.append(times["prefactor-opencl"] / times["prefactor"])
        rows.append([name, *(times.get(key, "–") for key in KEYS),
                     ratios[-1] if "prefactor-opencl" in times and "prefactor" in times else "–"])
    if ratios:
        rows.append(["geometric mean", *[""] * len(KEYS), Ratio.mean(ratios)])
    print("\n## Networks, one image, from input to output\n")
    table(["network", *(f"{runtimes.load(key).NAME} ms" for key in KEYS), f"OpenCL ÷ CPU (target {TARGET})"], rows)
    for (key, reason), names in failures.items():
        print(f"- {runtimes.load(key).NAME}: {reason} ({', '.join(names)})")
