#include "sources.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
#define EMBEDDED(name) static const char name[]

EMBEDDED(arguments) = {
#embed "arguments.h"
, 0};
EMBEDDED(convolution_arguments) = {
#embed "convolution.h"
, 0};
EMBEDDED(vectors) = {
#embed "vectors.h"
, 0};
EMBEDDED(convolution) = {
#embed "convolution.cl"
, 0};
EMBEDDED(winograd) = {
#embed "winograd.cl"
, 0};
EMBEDDED(depthwise) = {
#embed "depthwise.cl"
, 0};
EMBEDDED(monochromatic) = {
#embed "monochromatic.cl"
, 0};
EMBEDDED(data_movement) = {
#embed "data_movement.cl"
, 0};
EMBEDDED(elementwise) = {
#embed "elementwise.cl"
, 0};
EMBEDDED(normalization) = {
#embed "normalization.cl"
, 0};
EMBEDDED(pool) = {
#embed "pool.cl"
, 0};
EMBEDDED(fully_connected) = {
#embed "fully_connected.cl"
, 0};

const char *pf_cl_source(pf_cl_family family) {
  switch (family) {
  case PF_CL_CONVOLUTION: return convolution;
  case PF_CL_WINOGRAD: return winograd;
  case PF_CL_DEPTHWISE: return depthwise;
  case PF_CL_MONOCHROMATIC: return monochromatic;
  case PF_CL_DATA_MOVEMENT: return data_movement;
  case PF_CL_ELEMENTWISE: return elementwise;
  case PF_CL_NORMALIZATION: return normalization;
  case PF_CL_POOL: return pool;
  case PF_CL_FULLY_CONNECTED: return fully_connected;
  }
  return "";
}

const char *pf_cl_arguments(pf_cl_family family) {
  switch (family) {
  case PF_CL_CONVOLUTION: case PF_CL_WINOGRAD: case PF_CL_DEPTHWISE: case PF_CL_MONOCHROMATIC:
    return convolution_arguments;
  default: return arguments;
  }
}

const char *pf_cl_vectors(void) { return vectors; }
