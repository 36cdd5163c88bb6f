// BLAS from OpenBLAS's own header, and the routine of LAPACK that we call: libopenblas-dev has the library for it, but no header.
#ifndef CLAPACK_H
#define CLAPACK_H

#include <cblas.h>
#include <stddef.h>

// a = z · diag(w) · zᵀ for a symmetric column-major a, which z replaces. The last two arguments are the lengths of the first
// two, which gfortran's calling convention puts after all others.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info, size_t jobz_length, size_t uplo_length);

#endif
