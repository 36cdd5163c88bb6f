// BLAS from OpenBLAS's own header, and the routines of LAPACK that we call: libopenblas-dev has the library for them,
// but no header.
#ifndef CLAPACK_H
#define CLAPACK_H

#include <cblas.h>
#include <stddef.h>

// a = z · diag(w) · zᵀ for a symmetric column-major a, which z replaces. The last two arguments are the lengths of
// the first two, which gfortran's calling convention puts after all others.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info, size_t jobz_length, size_t uplo_length);

// b becomes a⁻¹ · b for a symmetric positive definite column-major a, which its Cholesky factor replaces.
void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb,
            int *info, size_t uplo_length);

// The upper triangle of a symmetric positive definite column-major a becomes its Cholesky factor u, with a = uᵀ · u.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t uplo_length);

// Whether the processor can run OpenBLAS's kernels for Haswell.
static inline int clapack_has_avx2(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

#endif
