// An OpenCL library that hands every call on to the real one, counts what is alive, and fails when it is told to. The
// real one is that of the environment's OPENCL_DOUBLE_OF, or else the usual one; without it there is no platform. With
// OPENCL_DOUBLE_AS_GPU, devices say that they are GPUs with memory of their own, so that what is done for those is
// tested without one.
#include "opencl_double.h"
#include <pthread.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static shim_opencl real;
static int is_there;
static opencl_double state;

#define X(result, name, arguments) #name,
static const char *const names[] = {PF_OPENCL_FUNCTIONS(X)};
#undef X

EXPORT opencl_double *opencl_double_state(void) { return &state; }
EXPORT const char *opencl_double_name(opencl_call call) { return names[call]; }

static void load(void) {
  const char *path = getenv("OPENCL_DOUBLE_OF");
  const char *paths[] = {path ? path : "libOpenCL.so.1", path ? path : "libOpenCL.so"};
  for (int i = 0; i < 2 && !is_there; i++) is_there = shim_opencl_load(&real, paths[i]) == 0;
}

// What a driver may say of each function.
static int32_t error_of(opencl_call call) {
  switch (call) {
  case CALL_clCreateContext: return -2;
  case CALL_clCreateBuffer: return -4;
  case CALL_clCreateProgramWithBinary: return -42;
  case CALL_clBuildProgram: return -11;
  case CALL_clEnqueueMapBuffer: return -12;
  case CALL_clGetEventProfilingInfo: return -7;
  case CALL_clGetPlatformIDs: case CALL_clGetPlatformInfo: case CALL_clGetDeviceIDs:
  case CALL_clCreateProgramWithSource: case CALL_clCreateKernel:
    return -6;
  default: return -5;
  }
}

static int is_release(opencl_call call) {
  switch (call) {
  case CALL_clReleaseContext: case CALL_clReleaseCommandQueue: case CALL_clReleaseMemObject:
  case CALL_clReleaseProgram: case CALL_clReleaseKernel: case CALL_clReleaseEvent: return 1;
  default: return 0;
  }
}

// The error that a call is to give, or 0.
static int32_t enter_optional(opencl_call call, int has_other_way) {
  pthread_once(&once, load);
  pthread_mutex_lock(&lock);
  state.calls[call]++;
  int fails = 0;
  if (!state.is_limited || state.limited == (int)call) fails = ++state.counted == state.failing_call;
  if (state.is_lost && state.failures > 0 && !is_release(call)) fails = 1;
  if (fails && state.failures++ == 0) {
    state.failed = call;
    state.error = error_of(call);
    state.has_other_way = has_other_way;
  }
  pthread_mutex_unlock(&lock);
  return fails ? error_of(call) : 0;
}

static int32_t enter(opencl_call call) { return enter_optional(call, 0); }

// ---- What is alive

typedef struct object {
  int kind;
  const void *handle;
  const void *buffer, *queue; // of a mapping
  size_t first, size;         // of a buffer or a mapping
  int is_written;             // a mapping
  int is_cached;              // a program from a binary
} object;

static object objects[4096];
static int object_count;

static void misuse(const char *what) { if (!state.misuse) state.misuse = what; }

static object *find(int kind, const void *handle) {
  for (int i = object_count - 1; i >= 0; i--)
    if (objects[i].kind == kind && objects[i].handle == handle) return &objects[i];
  return NULL;
}

static void born(object made) {
  if (!made.handle) return;
  pthread_mutex_lock(&lock);
  if (object_count < (int)(sizeof objects / sizeof *objects)) objects[object_count++] = made;
  else misuse("more objects than a test can need");
  state.live[made.kind]++;
  if (made.kind == OPENCL_BUFFER) state.live_buffer_bytes += made.size;
  pthread_mutex_unlock(&lock);
}

static void died(int kind, const void *handle) {
  pthread_mutex_lock(&lock);
  object *object = find(kind, handle);
  if (object) {
    if (kind == OPENCL_BUFFER) state.live_buffer_bytes -= object->size;
    state.live[kind]--;
    *object = objects[--object_count];
  } else {
    misuse("released what was not alive");
  }
  pthread_mutex_unlock(&lock);
}

// No part of a buffer is mapped for writing twice.
static void check_mapping(const object *made) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < object_count; i++) {
    const object *other = &objects[i];
    if (other->kind == OPENCL_MAPPING && other->buffer == made->buffer && other->is_written && made->is_written &&
        made->first < other->first + other->size && other->first < made->first + made->size)
      misuse("mapped twice for writing");
  }
  pthread_mutex_unlock(&lock);
}

static void check_released(const void *buffer) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < object_count; i++)
    if (objects[i].kind == OPENCL_MAPPING && objects[i].buffer == buffer) misuse("a buffer is released that is mapped");
  pthread_mutex_unlock(&lock);
}

static void check_queue(const void *queue) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < object_count; i++)
    if (objects[i].kind == OPENCL_MAPPING && objects[i].queue == queue)
      misuse("a kernel runs while the memory that it works on is mapped");
  pthread_mutex_unlock(&lock);
}

// ---- Functions

#define STATUS(name, ...) \
  do { \
    int32_t error_ = enter(CALL_##name); \
    if (error_) return error_; \
    return is_there ? real.name(__VA_ARGS__) : -1001; \
  } while (0)

#define CREATE(name, ...) CREATE_OPTIONAL(0, name, __VA_ARGS__)
#define CREATE_OPTIONAL(has_other_way, name, ...) \
  int32_t error_ = enter_optional(CALL_##name, has_other_way); \
  if (error_ || !is_there) { \
    if (status) *status = error_ ? error_ : -1001; \
    return NULL; \
  } \
  void *made_ = (void *)real.name(__VA_ARGS__)

// A release that fails has released all the same, as there is no other way to go on.
#define RELEASE(kind, name, handle) \
  do { \
    int32_t error_ = enter(CALL_##name); \
    died(kind, handle); \
    int32_t result_ = real.name(handle); \
    return error_ ? error_ : result_; \
  } while (0)

EXPORT int32_t clGetPlatformIDs(uint32_t room, cl_platform_id *platforms, uint32_t *count) {
  STATUS(clGetPlatformIDs, room, platforms, count);
}

EXPORT int32_t clGetPlatformInfo(cl_platform_id platform, uint32_t what, size_t room, void *value, size_t *size) {
  STATUS(clGetPlatformInfo, platform, what, room, value, size);
}

EXPORT int32_t clGetDeviceIDs(
    cl_platform_id platform, uint64_t types, uint32_t room, cl_device_id *devices, uint32_t *count) {
  STATUS(clGetDeviceIDs, platform, types, room, devices, count);
}

EXPORT int32_t clGetDeviceInfo(cl_device_id device, uint32_t what, size_t room, void *value, size_t *size) {
  int32_t error = enter(CALL_clGetDeviceInfo);
  if (error) return error;
  if (!is_there) return -1001;
  error = real.clGetDeviceInfo(device, what, room, value, size);
  if (error || !value || !getenv("OPENCL_DOUBLE_AS_GPU")) return error;
  if (what == CL_DEVICE_TYPE) *(uint64_t *)value = CL_DEVICE_TYPE_GPU;
  if (what == CL_DEVICE_HOST_UNIFIED_MEMORY) *(uint32_t *)value = 0;
  return 0;
}

EXPORT cl_context clCreateContext(
    const intptr_t *properties, uint32_t count, const cl_device_id *devices, void *notify, void *data,
    int32_t *status) {
  CREATE(clCreateContext, properties, count, devices, notify, data, status);
  born((object){.kind = OPENCL_CONTEXT, .handle = made_});
  return made_;
}

EXPORT int32_t clReleaseContext(cl_context context) { RELEASE(OPENCL_CONTEXT, clReleaseContext, context); }

EXPORT cl_command_queue clCreateCommandQueue(
    cl_context context, cl_device_id device, uint64_t properties, int32_t *status) {
  CREATE(clCreateCommandQueue, context, device, properties, status);
  born((object){.kind = OPENCL_QUEUE, .handle = made_});
  return made_;
}

EXPORT int32_t clReleaseCommandQueue(cl_command_queue queue) { RELEASE(OPENCL_QUEUE, clReleaseCommandQueue, queue); }

EXPORT cl_mem clCreateBuffer(cl_context context, uint64_t flags, size_t size, void *host, int32_t *status) {
  CREATE_OPTIONAL((flags & CL_MEM_USE_HOST_PTR) != 0, clCreateBuffer, context, flags, size, host, status);
  born((object){.kind = OPENCL_BUFFER, .handle = made_, .size = size});
  return made_;
}

EXPORT int32_t clReleaseMemObject(cl_mem buffer) {
  check_released(buffer);
  RELEASE(OPENCL_BUFFER, clReleaseMemObject, buffer);
}

EXPORT cl_program clCreateProgramWithSource(
    cl_context context, uint32_t count, const char **texts, const size_t *lengths, int32_t *status) {
  CREATE(clCreateProgramWithSource, context, count, texts, lengths, status);
  born((object){.kind = OPENCL_PROGRAM, .handle = made_});
  return made_;
}

EXPORT cl_program clCreateProgramWithBinary(
    cl_context context, uint32_t count, const cl_device_id *devices, const size_t *lengths,
    const unsigned char **binaries, int32_t *statuses, int32_t *status) {
  CREATE(clCreateProgramWithBinary, context, count, devices, lengths, binaries, statuses, status);
  born((object){.kind = OPENCL_PROGRAM, .handle = made_, .is_cached = 1});
  return made_;
}

EXPORT int32_t clBuildProgram(
    cl_program program, uint32_t count, const cl_device_id *devices, const char *options, void *notify, void *data) {
  pthread_mutex_lock(&lock);
  const object *object = find(OPENCL_PROGRAM, program);
  int is_cached = object && object->is_cached;
  pthread_mutex_unlock(&lock);
  int32_t error = enter_optional(CALL_clBuildProgram, is_cached);
  return error ? error : real.clBuildProgram(program, count, devices, options, notify, data);
}

EXPORT int32_t clGetProgramInfo(cl_program program, uint32_t what, size_t room, void *value, size_t *size) {
  STATUS(clGetProgramInfo, program, what, room, value, size);
}

EXPORT int32_t clGetProgramBuildInfo(
    cl_program program, cl_device_id device, uint32_t what, size_t room, void *value, size_t *size) {
  STATUS(clGetProgramBuildInfo, program, device, what, room, value, size);
}

EXPORT int32_t clReleaseProgram(cl_program program) { RELEASE(OPENCL_PROGRAM, clReleaseProgram, program); }

EXPORT cl_kernel clCreateKernel(cl_program program, const char *name, int32_t *status) {
  CREATE(clCreateKernel, program, name, status);
  born((object){.kind = OPENCL_KERNEL, .handle = made_});
  return made_;
}

EXPORT int32_t clSetKernelArg(cl_kernel kernel, uint32_t index, size_t size, const void *value) {
  STATUS(clSetKernelArg, kernel, index, size, value);
}

EXPORT int32_t clReleaseKernel(cl_kernel kernel) { RELEASE(OPENCL_KERNEL, clReleaseKernel, kernel); }

EXPORT int32_t clEnqueueNDRangeKernel(
    cl_command_queue queue, cl_kernel kernel, uint32_t axes, const size_t *offset, const size_t *global,
    const size_t *local, uint32_t count, const cl_event *events, cl_event *event) {
  int32_t error = enter(CALL_clEnqueueNDRangeKernel);
  if (error) return error;
  check_queue(queue);
  error = real.clEnqueueNDRangeKernel(queue, kernel, axes, offset, global, local, count, events, event);
  if (error == 0 && event) born((object){.kind = OPENCL_EVENT, .handle = *event});
  return error;
}

EXPORT void *clEnqueueMapBuffer(
    cl_command_queue queue, cl_mem buffer, uint32_t blocking, uint64_t flags, size_t first, size_t size,
    uint32_t count, const cl_event *events, cl_event *event, int32_t *status) {
  CREATE(clEnqueueMapBuffer, queue, buffer, blocking, flags, first, size, count, events, event, status);
  object mapping = {
    .kind = OPENCL_MAPPING, .handle = made_, .buffer = buffer, .queue = queue, .first = first, .size = size};
  mapping.is_written = (flags & CL_MAP_WRITE) != 0;
  check_mapping(&mapping);
  born(mapping);
  return made_;
}

EXPORT int32_t clEnqueueUnmapMemObject(
    cl_command_queue queue, cl_mem buffer, void *mapping, uint32_t count, const cl_event *events, cl_event *event) {
  int32_t error = enter(CALL_clEnqueueUnmapMemObject);
  died(OPENCL_MAPPING, mapping);
  int32_t result = real.clEnqueueUnmapMemObject(queue, buffer, mapping, count, events, event);
  return error ? error : result;
}

EXPORT int32_t clFinish(cl_command_queue queue) {
  // Whether it says so or not, a device that has failed has finished.
  int32_t error = enter(CALL_clFinish), result = real.clFinish(queue);
  return error ? error : result;
}

EXPORT int32_t clGetEventProfilingInfo(cl_event event, uint32_t what, size_t room, void *value, size_t *size) {
  STATUS(clGetEventProfilingInfo, event, what, room, value, size);
}

EXPORT int32_t clReleaseEvent(cl_event event) { RELEASE(OPENCL_EVENT, clReleaseEvent, event); }
