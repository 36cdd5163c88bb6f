"""The register-tile micro-kernels in a compiled kernel module, and their inner loops: instances of `Product.compute`, disassembled."""

import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

# By the ELF header's machine: the name in the docs, and the prefix of its binutils.
MACHINES = {62: ("x86-64", "x86_64-linux-gnu-"), 183: ("aarch64", "aarch64-linux-gnu-"), 40: ("armv7", "arm-linux-gnueabihf-")}

# Swift writes the generic argument n as "$" and n - 1, and the element at the end: Float, or UInt16 for half precision.
MICRO_KERNEL = re.compile(r"<.*7ProductV7compute.*\$(\d+)__\$(\d+)_(Sf|s6UInt16V)\w*>:$")
BRANCH = {
    "x86-64": re.compile(r"j\w+$"),
    "aarch64": re.compile(r"(b|b\.\w+|cbz|cbnz|tbz|tbnz)$"),
    "armv7": re.compile(r"b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?(\.\w)?$"),
}
MULTIPLY_ADD = {"x86-64": re.compile(r"vfn?madd\w+ps|mulps"), "aarch64": re.compile(r"fmla"), "armv7": re.compile(r"v(mla|fma)\.f32")}


class Instruction(NamedTuple):
    address: int
    name: str
    operands: str


class MicroKernel(NamedTuple):
    rows: int
    vectors: int
    element: str
    instructions: list

    def __str__(self):
        return f"{self.rows}x{self.vectors}" + (" of half precision" if self.element == "half" else "")


def read(path):
    """The machine, x86-64, aarch64 or armv7, and the micro-kernels."""
    (number,) = struct.unpack_from("<H", Path(path).read_bytes(), 18)
    machine, prefix = MACHINES[number]
    tool = shutil.which(prefix + "objdump") or "objdump"
    text = subprocess.run([tool, "-d", "--no-show-raw-insn", str(path)], check=True, capture_output=True, text=True).stdout
    found = []
    instructions = None
    for line in text.splitlines():
        if line.endswith(">:"):
            instructions = None
            if match := MICRO_KERNEL.search(line):
                instructions = []
                element = "float" if match[3] == "Sf" else "half"
                found.append(MicroKernel(int(match[1]) + 1, int(match[2]) + 1, element, instructions))
        elif instructions is not None and (match := re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)", line)):
            operands = re.sub(r"\s*(<|//|@).*", "", match[3])
            instructions.append(Instruction(int(match[1], 16), match[2], operands))
    return machine, found


def multiply_adds(machine, loop):
    return sum(1 for instruction in loop if MULTIPLY_ADD[machine].match(instruction.name))


def inner_loops(machine, kernel):
    """Of the loops without loops inside them, those that multiply and add, as ranges of the kernel's instructions."""
    places = {instruction.address: index for index, instruction in enumerate(kernel.instructions)}
    loops = []
    for index, instruction in enumerate(kernel.instructions):
        if not BRANCH[machine].match(instruction.name):
            continue
        target = re.search(r"(?:^|[\s,])([0-9a-f]+)$", instruction.operands)
        first = target and places.get(int(target[1], 16))
        if first is not None and first <= index:
            loops.append(range(first, index + 1))
    innermost = [a for a in loops if not any(b != a and b.start >= a.start and b.stop <= a.stop for b in loops)]
    return [a for a in innermost if multiply_adds(machine, kernel.instructions[a.start : a.stop])]
