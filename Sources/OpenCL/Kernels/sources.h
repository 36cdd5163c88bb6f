// The kernels' source text, which is in the library: a program is compiled from one family's on the device where it
// will run.
#ifndef PREFACTOR_OPENCL_SOURCES_H
#define PREFACTOR_OPENCL_SOURCES_H

typedef enum pf_cl_family {
  PF_CL_CONVOLUTION = 0,
  PF_CL_WINOGRAD = 1,
  PF_CL_DEPTHWISE = 2,
  PF_CL_DATA_MOVEMENT = 3,
  PF_CL_ELEMENTWISE = 4,
  PF_CL_NORMALIZATION = 5,
  PF_CL_POOL = 6,
  PF_CL_FULLY_CONNECTED = 7,
  PF_CL_MONOCHROMATIC = 8
} pf_cl_family;

// NUL-terminated. A program is a family's structs of arguments, which C and OpenCL C read alike; what all families
// share; and the family's kernels. Where there are several, only the one is compiled for whose name KERNEL_name is
// defined.
const char *pf_cl_arguments(pf_cl_family family);
const char *pf_cl_vectors(void);
const char *pf_cl_source(pf_cl_family family);

#endif
