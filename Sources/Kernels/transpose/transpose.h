#ifndef PREFACTOR_TRANSPOSE_H
#define PREFACTOR_TRANSPOSE_H

#include <stddef.h>

// Matrices of rows × columns, that many floats from one to the next, and within one from row to row of the input and
// of the output.
typedef struct pf_transposition {
  size_t rows, columns;
  size_t input_stride, output_stride;
  size_t matrices, input_step, output_step;
} pf_transposition;

#endif
