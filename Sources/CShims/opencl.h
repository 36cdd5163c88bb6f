// The part of OpenCL 1.2 that is used here, written down so that neither its headers nor its library are needed to
// build: the library is looked for when a program asks for it. Numbers and types are those of the Khronos
// specification.
#ifndef PREFACTOR_OPENCL_H
#define PREFACTOR_OPENCL_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _cl_platform_id *cl_platform_id;
typedef struct _cl_device_id *cl_device_id;
typedef struct _cl_context *cl_context;
typedef struct _cl_command_queue *cl_command_queue;
typedef struct _cl_mem *cl_mem;
typedef struct _cl_program *cl_program;
typedef struct _cl_kernel *cl_kernel;
typedef struct _cl_event *cl_event;

enum {
  CL_SUCCESS = 0,
  CL_DEVICE_TYPE_CPU = 1 << 1, CL_DEVICE_TYPE_GPU = 1 << 2,
  CL_DEVICE_TYPE = 0x1000, CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002, CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
  CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010, CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F, CL_DEVICE_LOCAL_MEM_SIZE = 0x1023,
  CL_DEVICE_AVAILABLE = 0x1027, CL_DEVICE_COMPILER_AVAILABLE = 0x1028, CL_DEVICE_NAME = 0x102B,
  CL_DRIVER_VERSION = 0x102D, CL_DEVICE_VERSION = 0x102F, CL_DEVICE_EXTENSIONS = 0x1030,
  CL_DEVICE_HOST_UNIFIED_MEMORY = 0x1035, CL_PLATFORM_NAME = 0x0902,
  CL_QUEUE_PROFILING_ENABLE = 1 << 1,
  CL_MEM_READ_WRITE = 1 << 0, CL_MEM_READ_ONLY = 1 << 2, CL_MEM_USE_HOST_PTR = 1 << 3, CL_MEM_ALLOC_HOST_PTR = 1 << 4,
  CL_MEM_COPY_HOST_PTR = 1 << 5,
  CL_MAP_READ = 1 << 0, CL_MAP_WRITE = 1 << 1,
  CL_PROGRAM_BINARY_SIZES = 0x1165, CL_PROGRAM_BINARIES = 0x1166, CL_PROGRAM_BUILD_LOG = 0x1183,
  CL_PROFILING_COMMAND_START = 0x1282, CL_PROFILING_COMMAND_END = 0x1283
};

// X(result, name, arguments): every function that is called, for the table and for filling it.
#define PF_OPENCL_FUNCTIONS(X) \
  X(int32_t, clGetPlatformIDs, (uint32_t, cl_platform_id *, uint32_t *)) \
  X(int32_t, clGetPlatformInfo, (cl_platform_id, uint32_t, size_t, void *, size_t *)) \
  X(int32_t, clGetDeviceIDs, (cl_platform_id, uint64_t, uint32_t, cl_device_id *, uint32_t *)) \
  X(int32_t, clGetDeviceInfo, (cl_device_id, uint32_t, size_t, void *, size_t *)) \
  X(cl_context, clCreateContext, (const intptr_t *, uint32_t, const cl_device_id *, void *, void *, int32_t *)) \
  X(int32_t, clReleaseContext, (cl_context)) \
  X(cl_command_queue, clCreateCommandQueue, (cl_context, cl_device_id, uint64_t, int32_t *)) \
  X(int32_t, clReleaseCommandQueue, (cl_command_queue)) \
  X(cl_mem, clCreateBuffer, (cl_context, uint64_t, size_t, void *, int32_t *)) \
  X(int32_t, clReleaseMemObject, (cl_mem)) \
  X(cl_program, clCreateProgramWithSource, (cl_context, uint32_t, const char **, const size_t *, int32_t *)) \
  X(cl_program, clCreateProgramWithBinary, \
    (cl_context, uint32_t, const cl_device_id *, const size_t *, const unsigned char **, int32_t *, int32_t *)) \
  X(int32_t, clBuildProgram, (cl_program, uint32_t, const cl_device_id *, const char *, void *, void *)) \
  X(int32_t, clGetProgramInfo, (cl_program, uint32_t, size_t, void *, size_t *)) \
  X(int32_t, clGetProgramBuildInfo, (cl_program, cl_device_id, uint32_t, size_t, void *, size_t *)) \
  X(int32_t, clReleaseProgram, (cl_program)) \
  X(cl_kernel, clCreateKernel, (cl_program, const char *, int32_t *)) \
  X(int32_t, clSetKernelArg, (cl_kernel, uint32_t, size_t, const void *)) \
  X(int32_t, clReleaseKernel, (cl_kernel)) \
  X(int32_t, clEnqueueNDRangeKernel, \
    (cl_command_queue, cl_kernel, uint32_t, const size_t *, const size_t *, const size_t *, uint32_t, \
     const cl_event *, cl_event *)) \
  X(void *, clEnqueueMapBuffer, \
    (cl_command_queue, cl_mem, uint32_t, uint64_t, size_t, size_t, uint32_t, const cl_event *, cl_event *, \
     int32_t *)) \
  X(int32_t, clEnqueueUnmapMemObject, (cl_command_queue, cl_mem, void *, uint32_t, const cl_event *, cl_event *)) \
  X(int32_t, clFinish, (cl_command_queue)) \
  X(int32_t, clGetEventProfilingInfo, (cl_event, uint32_t, size_t, void *, size_t *)) \
  X(int32_t, clReleaseEvent, (cl_event))

typedef struct shim_opencl {
  void *library;
#define X(result, name, arguments) result (*name) arguments;
  PF_OPENCL_FUNCTIONS(X)
#undef X
} shim_opencl;

// Fills the table from the library at `path`, and returns 0; or -1 where there is none, and 1 where it lacks a
// function.
static inline int shim_opencl_load(shim_opencl *table, const char *path) {
  table->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!table->library) return -1;
#define X(result, name, arguments) \
  if (!(table->name = (result (*) arguments)dlsym(table->library, #name))) { \
    dlclose(table->library); \
    table->library = NULL; \
    return 1; \
  }
  PF_OPENCL_FUNCTIONS(X)
#undef X
  return 0;
}
static inline void shim_opencl_unload(shim_opencl *table) { if (table->library) dlclose(table->library); }

#endif
