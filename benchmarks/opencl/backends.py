"""Networks in Prefactor on the OpenCL device and on the CPU."""
import ctypes
import time
import prefactor_c
from ours import Ours
from single import prefactor


class DeviceInfo(prefactor_c.Sized):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char * 128), ("platform", ctypes.c_char * 128),
                ("version", ctypes.c_char * 128), ("driver", ctypes.c_char * 128), ("is_gpu", ctypes.c_int32),
                ("shares_memory", ctypes.c_int32), ("half_arithmetic", ctypes.c_int32),
                ("compute_units", ctypes.c_int32), ("memory_bytes", ctypes.c_uint64),
                ("largest_buffer_bytes", ctypes.c_uint64), ("local_bytes", ctypes.c_uint64),
                ("largest_work_group", ctypes.c_uint64)]


class Device:
    """The one that sessions are made on, by its number."""

    def __init__(self, options, folder):
        self.library, self.threads, self.cache, self.tune = (
            options.library, options.threads, folder / "opencl", options.tune)
        self.cache.mkdir(exist_ok=True)
        self.number, info = self._find(options.device)
        self.name, self.units, self.driver = (
            info.name.decode(), info.compute_units, f"{info.platform.decode()} {info.driver.decode()}")

    def _find(self, wanted):
        library, error, count = ctypes.CDLL(self.library), prefactor_c.Error(), ctypes.c_size_t()
        if library.pf_device_count(prefactor_c.OPENCL, ctypes.byref(count), ctypes.byref(error)):
            raise SystemExit(error.message.decode())
        infos = [DeviceInfo() for _ in range(count.value)]
        for number, info in enumerate(infos):
            library.pf_device_get_info(prefactor_c.OPENCL, ctypes.c_size_t(number), ctypes.byref(info), None)
        found = [(number, info) for number, info in enumerate(infos)
                 if wanted == str(number) or wanted in info.name.decode()]
        if not found:
            raise SystemExit(f"there is no OpenCL device '{wanted}'")
        return max(found, key=lambda entry: entry[1].is_gpu)

    def options(self):
        return {"backend": prefactor_c.OPENCL, "device": str(self.number).encode(), "cache": str(self.cache).encode(),
                "tune": int(self.tune)}

    def pair(self, path, input):
        """The network on the device, and on the CPU."""
        return self.on_device(path, input), Backend(self.library, path, input, self.threads)

    def on_device(self, path, input):
        return Backend(self.library, path, input, self.threads, **self.options())


class Backend(Ours):
    def wall(self):
        """Seconds of a whole run."""
        self.session.write(self.input)
        start = time.perf_counter()
        self.session.compute()
        return time.perf_counter() - start


def convert(options, source, target, *arguments):
    """A model of an ONNX file, or factored by a plan that the arguments give."""
    if error := prefactor(options.prefactor, "compress" if arguments else "convert", source, "-o", target, *arguments):
        raise SystemExit(error)
    return target
