"""A network in Prefactor on one thread, with the times of its own steps."""
import ctypes
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import prefactor_c


class Options(ctypes.Structure):
    _fields_ = prefactor_c.Options._fields_ + [
        ("allocator", ctypes.c_void_p), ("memory", ctypes.c_void_p), ("memory_size", ctypes.c_size_t), ("profile", ctypes.c_int32),
        ("low_memory", ctypes.c_int32)]


class Step(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("operation", ctypes.c_char_p), ("layer", ctypes.c_int32), ("macs", ctypes.c_uint64),
                ("nanoseconds", ctypes.c_uint64), ("kernel", ctypes.c_char_p), ("bytes", ctypes.c_size_t)]


class Ours:
    def __init__(self, library, path, input):
        self.session = prefactor_c.Session(library, path, options=Options(ctypes.sizeof(Options), 1, profile=1))
        self.input = input
        self.library = self.session.library
        self.library.pf_session_step_count.restype = ctypes.c_size_t

    def steps(self):
        for index in range(self.library.pf_session_step_count(self.session.handle)):
            step = Step()
            self.library.pf_session_step_info(self.session.handle, ctypes.c_size_t(index), ctypes.byref(step))
            if step.operation != b"transpose":
                yield step

    def seconds(self, layer=None):
        """Of all that it does but transposes, or of what has become of one layer."""
        self.session.run(self.input)
        return sum(step.nanoseconds for step in self.steps() if layer is None or step.layer == layer) * 1e-9

    def macs(self):
        return sum(step.macs for step in self.steps())
