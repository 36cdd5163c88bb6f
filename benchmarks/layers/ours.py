"""A network in Prefactor, with the times of its own steps."""
import ctypes
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import prefactor_c


class Step(prefactor_c.Sized):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("operation", ctypes.c_char_p),
                ("layer", ctypes.c_int32), ("macs", ctypes.c_uint64), ("nanoseconds", ctypes.c_uint64),
                ("kernel", ctypes.c_char_p), ("bytes", ctypes.c_uint64)]


class Ours:
    def __init__(self, library, path, input, threads=1, profile=1, **options):
        self.session = prefactor_c.Session(
            library, path, options=prefactor_c.Options(threads=threads, profile=profile, **options))
        self.input = input
        self.library = self.session.library
        self.library.pf_session_step_count.restype = ctypes.c_size_t

    def steps(self):
        return (step for step in self.all_steps() if step.operation != b"transpose")

    def all_steps(self):
        for index in range(self.library.pf_session_step_count(self.session.handle)):
            step = Step()
            self.library.pf_session_step_info(self.session.handle, ctypes.c_size_t(index), ctypes.byref(step))
            yield step

    def seconds(self, layer=None):
        """Of all that it does but transposes, or of what has become of one layer."""
        self.session.run(self.input)
        return sum(step.nanoseconds for step in self.steps() if layer is None or step.layer == layer) * 1e-9

    def macs(self):
        return sum(step.macs for step in self.steps())

    def kernels(self):
        """How the layers are computed."""
        return ", ".join(sorted({step.kernel.decode() for step in self.steps() if step.macs}))

    def close(self):
        self.session.close()
