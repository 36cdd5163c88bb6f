"""The part of prefactor.h that benchmarks call, through ctypes."""
import ctypes
import numpy as np


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 508)]


class Sized(ctypes.Structure):
    """Opens with its size, as all structs of options and answers do."""

    def __init__(self, **members):
        super().__init__(struct_size=ctypes.sizeof(self), **members)


class Options(Sized):
    _fields_ = [("struct_size", ctypes.c_size_t), ("threads", ctypes.c_int32), ("backend", ctypes.c_int32),
                ("batch", ctypes.c_int64), ("height", ctypes.c_int64), ("width", ctypes.c_int64),
                ("allocator", ctypes.c_void_p), ("memory", ctypes.c_void_p), ("memory_size", ctypes.c_size_t),
                ("profile", ctypes.c_int32), ("low_memory", ctypes.c_int32), ("cpu_fallback", ctypes.c_int32),
                ("device", ctypes.c_char_p), ("cache", ctypes.c_char_p), ("half_precision", ctypes.c_int32),
                ("tune", ctypes.c_int32)]


OPENCL = 10


class TensorInfo(Sized):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("type", ctypes.c_int),
                ("rank", ctypes.c_int32), ("dims", ctypes.c_int64 * 8), ("bytes", ctypes.c_size_t)]


class Info(Sized):
    _fields_ = [("struct_size", ctypes.c_size_t), ("isa", ctypes.c_char_p), ("threads", ctypes.c_int32),
                ("activation_bytes", ctypes.c_size_t), ("live_bytes", ctypes.c_size_t),
                ("workspace_bytes", ctypes.c_size_t), ("total_bytes", ctypes.c_size_t)]


class Session:
    """A model opened from a file, and a session on it."""

    def __init__(self, library, path, threads=1, batch=0, height=0, width=0, options=None):
        self.library = ctypes.CDLL(library)
        for name in ("input_buffer", "output_buffer"):
            getattr(self.library, f"pf_session_{name}").restype = ctypes.c_void_p
        self.model, self.handle, error = ctypes.c_void_p(), ctypes.c_void_p(), Error()
        self._check(self.library.pf_model_open_file(
            str(path).encode(), None, ctypes.byref(self.model), ctypes.byref(error)), error)
        options = options or Options(threads=threads, batch=batch, height=height, width=width)
        self._check(self.library.pf_session_create(
            self.model, ctypes.byref(options), ctypes.byref(self.handle), ctypes.byref(error)), error)

    def _check(self, status, error):
        if status:
            raise RuntimeError(error.message.decode())

    def _array(self, kind, index):
        info = TensorInfo()
        getattr(self.library, f"pf_session_{kind}_info")(self.handle, ctypes.c_size_t(index), ctypes.byref(info))
        address = getattr(self.library, f"pf_session_{kind}_buffer")(self.handle, ctypes.c_size_t(index))
        count = int(np.prod(info.dims[:info.rank], dtype=np.int64))
        return np.ctypeslib.as_array((ctypes.c_float * count).from_address(address)).reshape(info.dims[:info.rank])

    def run(self, tensor):
        """Copies `tensor` into the session's input buffer, runs, and returns a view of the first output."""
        self.write(tensor)
        self.compute()
        return self._array("output", 0)

    def write(self, tensor):
        self._array("input", 0)[...] = tensor

    def load_image(self, pixels, batch_index=0):
        """An array of height x width x 3 bytes, of which rows may lie apart, to the input. Returns a view of it."""
        error = Error()
        height, width, _ = pixels.shape
        self._check(self.library.pf_session_load_image(
            self.handle, ctypes.c_size_t(0), ctypes.c_size_t(batch_index), ctypes.c_void_p(pixels.ctypes.data),
            ctypes.c_size_t(width), ctypes.c_size_t(height), ctypes.c_size_t(pixels.strides[0]),
            ctypes.byref(error)), error)
        return self._array("input", 0)[batch_index]

    def compute(self):
        """Of what has been written since the last time."""
        error = Error()
        self._check(self.library.pf_session_run(self.handle, None, None, ctypes.byref(error)), error)

    def info(self):
        info = Info()
        self.library.pf_session_get_info(self.handle, ctypes.byref(info))
        return info

    def close(self):
        self.library.pf_session_destroy(self.handle)
        self.library.pf_model_close(self.model)
