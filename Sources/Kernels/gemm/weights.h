#ifndef PREFACTOR_WEIGHTS_H
#define PREFACTOR_WEIGHTS_H

#include <stdint.h>

// The types of weights that there are kernels for, numbered as in ONNX.
typedef enum pf_weights_type {
  PF_WEIGHTS_FLOAT32 = 1,
  PF_WEIGHTS_FLOAT16 = 10
} pf_weights_type;

// Weights of one of these types.
typedef struct pf_weights {
  const void *base;
  pf_weights_type type;
} pf_weights;

__attribute__((swift_name("pf_weights.init(floats:)")))
static inline pf_weights pf_float_weights(const float *floats) { return (pf_weights){floats, PF_WEIGHTS_FLOAT32}; }

// IEEE half-precision numbers.
__attribute__((swift_name("pf_weights.init(halves:)")))
static inline pf_weights pf_half_weights(const uint16_t *halves) { return (pf_weights){halves, PF_WEIGHTS_FLOAT16}; }

// The same pointer as one to numbers of a type, which the caller knows they have.
__attribute__((swift_name("getter:pf_weights.floats(self:)")))
static inline const float *pf_weights_floats(pf_weights weights) { return (const float *)weights.base; }

__attribute__((swift_name("getter:pf_weights.halves(self:)")))
static inline const uint16_t *pf_weights_halves(pf_weights weights) { return (const uint16_t *)weights.base; }

#endif
