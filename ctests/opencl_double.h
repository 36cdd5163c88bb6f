// What a test sees and sets of the OpenCL library's double.
#ifndef OPENCL_DOUBLE_H
#define OPENCL_DOUBLE_H

#include "../Sources/CShims/opencl.h"

#define X(result, name, arguments) CALL_##name,
typedef enum opencl_call { PF_OPENCL_FUNCTIONS(X) OPENCL_CALLS } opencl_call;
#undef X

enum {
  OPENCL_CONTEXT, OPENCL_QUEUE, OPENCL_BUFFER, OPENCL_PROGRAM, OPENCL_KERNEL, OPENCL_EVENT, OPENCL_MAPPING,
  OPENCL_KINDS
};

// Set all but the live objects to 0 before what is to be watched.
typedef struct opencl_double {
  int failing_call;              // from 1; 0 for none
  int is_lost;                   // after the failing call everything fails that is not a release, as when a device is
                                 // lost
  int is_limited, limited;       // only calls of this function are counted for `failing_call`
  int counted;                   // calls that could have failed
  int failures;
  opencl_call failed;            // the function that failed first
  int32_t error;                 // what it said
  int has_other_way;             // it was to build a program from a binary, or to have a buffer in the caller's memory
  int calls[OPENCL_CALLS];
  int live[OPENCL_KINDS];
  size_t live_buffer_bytes;
  const char *misuse;            // of the library, NULL where there was none
} opencl_double;

typedef opencl_double *opencl_double_function(void);
typedef const char *opencl_name_function(opencl_call call);

#endif
