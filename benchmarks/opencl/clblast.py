"""CLBlast's product of matrices on the OpenCL device, as its package comes: without tuning for it."""
import ctypes
import time
import numpy as np

CPU_OR_GPU = 2 | 4
DEVICE_NAME = 0x102B
READ_WRITE, COPY = 1, 32
ROW_MAJOR, AS_IT_IS = 101, 111
# One wait for the device is for as many products as take this long.
SECONDS = 0.005


class CLBlast:
    def __init__(self, device_name):
        self.opencl, self.library = ctypes.CDLL("libOpenCL.so.1"), ctypes.CDLL("libclblast.so.1")
        for name in ("clCreateContext", "clCreateCommandQueue", "clCreateBuffer"):
            getattr(self.opencl, name).restype = ctypes.c_void_p
        device, status = ctypes.c_void_p(self._find(device_name)), ctypes.c_int32()
        self.context = ctypes.c_void_p(
            self.opencl.clCreateContext(None, 1, ctypes.byref(device), None, None, ctypes.byref(status)))
        check(status.value, "clCreateContext")
        self.queue = ctypes.c_void_p(
            self.opencl.clCreateCommandQueue(self.context, device, ctypes.c_uint64(0), ctypes.byref(status)))
        check(status.value, "clCreateCommandQueue")

    def _find(self, wanted):
        platforms, devices = (ctypes.c_void_p * 16)(), (ctypes.c_void_p * 16)()
        platform_count, device_count, name = ctypes.c_uint32(), ctypes.c_uint32(), ctypes.create_string_buffer(1024)
        check(self.opencl.clGetPlatformIDs(16, platforms, ctypes.byref(platform_count)), "clGetPlatformIDs")
        for platform in platforms[:platform_count.value]:
            if self.opencl.clGetDeviceIDs(
                    ctypes.c_void_p(platform), ctypes.c_uint64(CPU_OR_GPU), 16, devices, ctypes.byref(device_count)):
                continue
            for device in devices[:device_count.value]:
                self.opencl.clGetDeviceInfo(
                    ctypes.c_void_p(device), DEVICE_NAME, ctypes.c_size_t(len(name)), name, None)
                if name.value.decode().startswith(wanted):
                    return device
        raise OSError(f"no device is called {wanted}")

    def buffer(self, array):
        status = ctypes.c_int32()
        buffer = self.opencl.clCreateBuffer(
            self.context, ctypes.c_uint64(READ_WRITE | COPY), ctypes.c_size_t(array.nbytes),
            array.ctypes.data_as(ctypes.c_void_p), ctypes.byref(status))
        check(status.value, "clCreateBuffer")
        return ctypes.c_void_p(buffer)


class Product:
    """C = A·B, of m × k and k × n."""

    def __init__(self, blas, m, n, k):
        self.blas, self.size, self.repeats = blas, (m, n, k), 1
        random = np.random.default_rng(2014)
        self.a, self.b = (random.standard_normal(shape, np.float32) for shape in ((m, k), (k, n)))
        self.buffers = [blas.buffer(array) for array in (self.a, self.b, np.zeros((m, n), np.float32))]
        self.seconds()
        self._verify()
        self.repeats = max(1, round(SECONDS / min(self.seconds() for _ in range(3))))

    def _verify(self):
        m, n, k = self.size
        row = np.empty(n, np.float32)
        check(self.blas.opencl.clEnqueueReadBuffer(
            self.blas.queue, self.buffers[2], 1, ctypes.c_size_t(4 * n * (m - 1)), ctypes.c_size_t(row.nbytes),
            row.ctypes.data_as(ctypes.c_void_p), 0, None, None), "clEnqueueReadBuffer")
        if not np.allclose(row, self.a[-1] @ self.b, atol=1e-3 * k ** 0.5):
            raise OSError("CLBlast's product is wrong")

    def seconds(self):
        m, n, k = map(ctypes.c_size_t, self.size)
        a, b, c = self.buffers
        zero, queue = ctypes.c_size_t(0), ctypes.pointer(self.blas.queue)
        start = time.perf_counter()
        for _ in range(self.repeats):
            check(self.blas.library.CLBlastSgemm(
                ROW_MAJOR, AS_IT_IS, AS_IT_IS, m, n, k, ctypes.c_float(1), a, zero, k, b, zero, n, ctypes.c_float(0),
                c, zero, n, queue, None), "CLBlastSgemm")
        check(self.blas.opencl.clFinish(self.blas.queue), "clFinish")
        return (time.perf_counter() - start) / self.repeats

    def close(self):
        for buffer in self.buffers:
            self.blas.opencl.clReleaseMemObject(buffer)


def check(status, function):
    if status:
        raise OSError(f"{function} fails with {status}")
