from runtimes.prefactor import VERSION, convert

NAME, BATCHES = "Prefactor OpenCL", True


def open(path, threads, tools):
    import os
    import prefactor_c
    # PoCL starts its threads when it is loaded, which is when a session first asks for it.
    os.environ["POCL_MAX_PTHREAD_COUNT"] = str(threads)
    options = tools.get("opencl") or {"backend": prefactor_c.OPENCL}
    return prefactor_c.Session(tools["library"], path, options=prefactor_c.Options(threads=threads, **options)).run
