from runtimes.prefactor import VERSION, convert

NAME, BATCHES = "Prefactor OpenCL", True


def open(path, threads, tools):
    import prefactor_c
    options = tools.get("opencl") or {"backend": prefactor_c.OPENCL}
    return prefactor_c.Session(tools["library"], path, options=prefactor_c.Options(threads=threads, **options)).run
