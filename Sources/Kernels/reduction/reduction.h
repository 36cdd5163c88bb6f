#ifndef PREFACTOR_REDUCTION_H
#define PREFACTOR_REDUCTION_H

// Maxima and minima are NaN where a value is.
typedef enum pf_reduction {
  PF_REDUCE_MEAN = 1, PF_REDUCE_SUM = 2, PF_REDUCE_MAX = 3, PF_REDUCE_MIN = 4, PF_REDUCE_PRODUCT = 5
} pf_reduction;

#endif
