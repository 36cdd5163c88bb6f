"""Inner loops in a compiled kernel module, disassembled: those of the register-tile micro-kernels, instances of
`Product.compute`, and of the functions that resize images."""

import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

# By the ELF header's machine: the name in the docs, and the prefix of its binutils.
MACHINES = {
    62: ("x86-64", "x86_64-linux-gnu-"), 183: ("aarch64", "aarch64-linux-gnu-"), 40: ("armv7", "arm-linux-gnueabihf-")}

# Swift writes the generic argument n as "$" and n - 1, and the element at the end: Float, or UInt16 for half precision.
MICRO_KERNEL = re.compile(r"<.*7ProductV7compute.*\$(\d+)__\$(\d+)_(Sf|s6UInt16V)\w*>:$")
# Of rows and of columns, by how the mangled name says which pixels.
RESIZE = re.compile(r"<.*Image(Block|Band).*resize.*\d(Color|Gray)\w*>:$")
BRANCH = {
    "x86-64": re.compile(r"j\w+$"),
    "aarch64": re.compile(r"(b|b\.\w+|cbz|cbnz|tbz|tbnz)$"),
    "armv7": re.compile(r"b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?(\.\w)?$"),
}
CALL = re.compile(r"(call|bl)")
WEIGH = {
    "x86-64": re.compile(r"v?pmaddwd"),
    "aarch64": re.compile(r"[su]?ml(a|al)2?$"),
    "armv7": re.compile(r"vml(a|al)\.[su]?i?(16|32)$"),
}
MULTIPLY_ADD = {
    "x86-64": re.compile(r"vfn?madd\w+ps|mulps"),
    "aarch64": re.compile(r"fmla"),
    "armv7": re.compile(r"v(mla|fma)\.f32"),
}


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


class Resize(NamedTuple):
    name: str
    instructions: list

    def __str__(self):
        return self.name


def read(path):
    """The machine, x86-64, aarch64 or armv7, and the micro-kernels."""
    machine, functions = disassembled(path, MICRO_KERNEL)
    kernels = [
        MicroKernel(int(match[1]) + 1, int(match[2]) + 1, "float" if match[3] == "Sf" else "half", instructions)
        for match, instructions in functions]
    return machine, kernels


def read_resizes(path):
    """The machine, and the functions that resize images."""
    machine, functions = disassembled(path, RESIZE)
    return machine, [
        Resize(f"{match[2].lower()} {'columns' if match[1] == 'Band' else 'rows'}", instructions)
        for match, instructions in functions]


def disassembled(path, name):
    """The machine, and the functions whose lines in the listing match, with their instructions."""
    (number,) = struct.unpack_from("<H", Path(path).read_bytes(), 18)
    machine, prefix = MACHINES[number]
    tool = shutil.which(prefix + "objdump") or "objdump"
    text = subprocess.run(
        [tool, "-d", "--no-show-raw-insn", str(path)], check=True, capture_output=True, text=True).stdout
    found = []
    instructions = None
    for line in text.splitlines():
        if line.endswith(">:"):
            instructions = None
            if match := name.search(line):
                instructions = []
                found.append((match, instructions))
        elif instructions is not None and (match := re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)", line)):
            operands = re.sub(r"\s*(<|//|@).*", "", match[3])
            instructions.append(Instruction(int(match[1], 16), match[2], operands))
    return machine, found


def multiply_adds(machine, loop):
    return sum(1 for instruction in loop if MULTIPLY_ADD[machine].match(instruction.name))


def inner_loops(machine, kernel, multiply=MULTIPLY_ADD):
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
    return [a for a in innermost if any(multiply[machine].match(kernel.instructions[i].name) for i in a)]


def weighing_loops(machine, resize):
    """Those that multiply pixels by weights, but the ones at the end of an image, which call what copies its last
    bytes."""
    return [
        loop for loop in inner_loops(machine, resize, WEIGH)
        if not any(CALL.match(resize.instructions[i].name) for i in loop)]
