"""One process for each runtime that is timed, so that a crash, a thread pool and a peak of memory belong to one of
them."""
import contextlib
import multiprocessing
import os
import time
import numpy as np
import runtimes

SPAWN = multiprocessing.get_context("spawn")
PATIENCE = 900


class Failure(Exception):
    pass


class Worker:
    """Calls `target(*arguments)` in a fresh process and receives what it sends."""

    def __init__(self, target, *arguments):
        self.connection, far = SPAWN.Pipe()
        self.process = SPAWN.Process(target=quietly, args=(target, far, *arguments), daemon=True)
        self.process.start()
        far.close()

    def receive(self):
        try:
            if not self.connection.poll(PATIENCE):
                raise Failure(f"no answer in {PATIENCE} s")
            result = self.connection.recv()
        except EOFError:
            self.process.join()
            raise Failure(f"the process died with {self.process.exitcode}") from None
        if isinstance(result, Exception):
            raise Failure(first_line(result))
        return result

    def time(self):
        self.connection.send(True)
        return self.receive()

    def close(self):
        self.connection.close()
        self.process.join(10)
        self.process.kill()


def quietly(target, connection, *arguments):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        target(connection, *arguments)
    except EOFError:
        pass
    except Exception as error:
        connection.send(RuntimeError(first_line(error)))


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def convert(connection, key, onnx, stem, tools):
    connection.send(str(runtimes.load(key).convert(str(onnx), str(stem), tools)))


def serve(connection, key, path, threads, shape, tools):
    """Sends what opening and the first run gave; then, for each message, runs twice and sends the seconds of the
    second."""
    runtime = runtimes.load(key)
    version = runtime.VERSION(tools)  # loads the library
    array = np.random.default_rng(1).standard_normal(shape, np.float32)
    idle = memory("VmRSS")
    start = time.perf_counter()
    run = runtime.open(path, threads, tools)
    output = run(array)
    seconds = time.perf_counter() - start
    connection.send({
        "version": version, "output": np.array(output, np.float32), "seconds": seconds, "idle": idle,
        "peak": memory("VmHWM")})
    while connection.recv():
        run(array)  # wakes the threads and fills the caches
        start = time.perf_counter()
        run(array)
        connection.send(time.perf_counter() - start)


def memory(field):
    """In MB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) * 1024 / 1e6


@contextlib.contextmanager
def running(target, *arguments):
    worker = Worker(target, *arguments)
    try:
        yield worker
    finally:
        worker.close()
