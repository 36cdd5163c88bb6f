"""Where the time of a network goes: kernels by the device's own clock, steps on the host, and what is left."""
import statistics
import numpy as np
import networks
from backends import convert
from measure import digits
from tables import progress, table

USUAL = ["ResNet-50"]
STEPS = 12


def measure(runners, rounds):
    """In turn: of each, the seconds of a whole run, and those of each step."""
    whole, steps = [[] for _ in runners], [[] for _ in runners]
    for _ in range(rounds):
        for index, runner in enumerate(runners):
            runner.wall()
            whole[index].append(runner.wall())
            steps[index].append([step.nanoseconds * 1e-9 for step in runner.all_steps()])
    return ([statistics.median(times) for times in whole],
            [[statistics.median(times) for times in zip(*rows)] for rows in steps])


def report(options, folder, device):
    for name in options.networks or USUAL:
        progress(f"{name}: profile")
        shape = networks.make(name, 1, folder / "network.onnx")
        path = convert(options, folder / "network.onnx", folder / "network.pfmodel")
        pair = device.pair(path, np.random.default_rng(1).standard_normal(shape, np.float32))
        print(f"\n## {name} on the device, by its events: medians of {options.rounds} runs\n")
        show(*pair, options.rounds)
        for runner in pair:
            runner.close()


def show(ours, cpu, rounds):
    (wall, _), (times, others) = measure((ours, cpu), rounds)
    steps = list(ours.all_steps())
    on_host = [time for step, time in zip(steps, times) if step.kernel == b"host"]
    launched = sum(time > 0 for time in times) - len(on_host)
    host = sum(on_host)
    kernels = sum(times) - host
    table(["", "ms", "share"], [
        [label, digits(time * 1e3), f"{100 * time / wall:.0f} %"] for label, time in (
            (f"kernels of {launched} steps", kernels), (f"{len(on_host)} steps on the host", host),
            ("gaps and transfers", wall - kernels - host), ("the whole run", wall))])
    # Steps are the same on both, but for what either fuses.
    on_cpu = {step.name: time for step, time in zip(cpu.all_steps(), others) if time}
    slowest = sorted(zip(steps, times), key=lambda entry: on_cpu.get(entry[0].name, 0) - entry[1])[:STEPS]
    print("\nThe steps that lose most to the CPU's:\n")
    table(["step", "operation", "by", "ms", "on the CPU", "ratio"], [
        [step.name.decode(), step.operation.decode(), step.kernel.decode(), digits(time * 1e3),
         digits(on_cpu.get(step.name, 0) * 1e3),
         f"{time / on_cpu[step.name]:.2f}" if step.name in on_cpu else "–"] for step, time in slowest])
