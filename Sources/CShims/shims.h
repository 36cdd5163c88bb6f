// What the runtime needs of the C library, as static inline functions: Embedded Swift has no Glibc module, and atomics
// and mmap's macros do not import. Nothing here has state.
#ifndef PREFACTOR_SHIMS_H
#define PREFACTOR_SHIMS_H

// Or else a file whose length or inode number has more bits could not be opened. Before all includes.
#if __SIZEOF_POINTER__ == 4
#define _FILE_OFFSET_BITS 64
#endif

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// ---- Memory and files

static inline void *shim_allocate(size_t size, size_t alignment) {
  return aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
}
static inline void shim_release(void *pointer) { free(pointer); }

// Maps a regular file read-only. NULL with errno's value in *error otherwise; -1 there means an empty file or none that
// is regular.
//
// Without fstat, which is a function of another name before glibc 2.33: what cannot be sought in, or read from, is no
// regular file.
static inline const void *shim_map_file(const char *path, size_t *length, int *error) {
  // Opening a FIFO would otherwise wait for someone to write to it.
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) { *error = errno; return NULL; }
  const void *result = NULL;
  char byte;
  off_t end = lseek(descriptor, 0, SEEK_END);
  ssize_t count = end > 0 ? pread(descriptor, &byte, 1, 0) : 0;
  if (end < 0) *error = errno == ESPIPE ? -1 : errno;
  else if (count != 1) *error = count == 0 || errno == EISDIR ? -1 : errno;
  else if ((uint64_t)end > PTRDIFF_MAX) *error = EFBIG;
  else {
    void *mapping = mmap(NULL, (size_t)end, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED) *error = errno;
    else { result = mapping; *length = (size_t)end; }
  }
  close(descriptor);
  return result;
}
static inline void shim_unmap(const void *mapping, size_t length) { munmap((void *)mapping, length); }
// Takes the whole pages among `length` bytes of a mapping out of memory; reading them later brings them back from the
// file.
static inline void shim_drop_pages(const void *start, size_t length) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = ((uintptr_t)start + page - 1) & ~(page - 1),
            end = ((uintptr_t)start + length) & ~(page - 1);
  if (first < end) madvise((void *)first, end - first, MADV_DONTNEED);
}

// Makes a folder and those above it; 0 where it is there.
static inline int shim_make_folder(const char *path) {
  char part[512];
  size_t length = strlen(path);
  if (length + 2 >= sizeof part) return -1;
  for (size_t i = 1; i <= length; i++) {
    if (path[i] != '/' && path[i] != 0) continue;
    memcpy(part, path, i);
    part[i] = 0;
    if (mkdir(part, 0755) != 0 && errno != EEXIST) return -1;
  }
  // Of a file there is no such path. Instead of stat, as above.
  memcpy(part + length, "/.", 3);
  return access(part, F_OK);
}
// Writes a file of its own first and gives it its name when it is whole. 0 on success.
static inline int shim_write_file(const char *path, const void *bytes, size_t size) {
  char temporary[600];
  if (snprintf(temporary, sizeof temporary, "%s.%ld.%p", path, (long)getpid(), bytes) >= (int)sizeof temporary)
    return -1;
  int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return -1;
  size_t written = 0;
  while (written < size) {
    ssize_t count = write(descriptor, (const char *)bytes + written, size - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += (size_t)count;
  }
  if (close(descriptor) == 0 && written == size && rename(temporary, path) == 0) return 0;
  unlink(temporary);
  return -1;
}

static inline uint64_t shim_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// ---- Threads and atomics

typedef struct shim_monitor { pthread_mutex_t mutex; pthread_cond_t condition; } shim_monitor;
static inline int shim_monitor_init(shim_monitor *m) {
  int error = pthread_mutex_init(&m->mutex, NULL);
  if (error) return error;
  error = pthread_cond_init(&m->condition, NULL);
  if (error) pthread_mutex_destroy(&m->mutex);
  return error;
}
static inline void shim_monitor_destroy(shim_monitor *m) {
  pthread_cond_destroy(&m->condition);
  pthread_mutex_destroy(&m->mutex);
}
static inline void shim_lock(shim_monitor *m) { pthread_mutex_lock(&m->mutex); }
static inline void shim_unlock(shim_monitor *m) { pthread_mutex_unlock(&m->mutex); }
static inline void shim_wait(shim_monitor *m) { pthread_cond_wait(&m->condition, &m->mutex); }
static inline void shim_wake_all(shim_monitor *m) { pthread_cond_broadcast(&m->condition); }

// Starts a thread that takes no signals, so that the program's handlers run on its own threads; but those that a fault
// raises go to the program's handler, as a blocked one would end the process without it.
static inline int shim_thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
  const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&blocked, faults[i]);
  // Threads begin with the mask of whoever starts them.
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  int error = pthread_create(thread, NULL, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}
static inline void shim_thread_join(pthread_t thread) { pthread_join(thread, NULL); }
// Of a forked child it is another than of its parent.
static inline int64_t shim_process_number(void) { return getpid(); }

// Sequentially consistent.
static inline int64_t shim_fetch_add(int64_t *value, int64_t by) {
  return __atomic_fetch_add(value, by, __ATOMIC_SEQ_CST);
}
static inline int64_t shim_load(const int64_t *value) { return __atomic_load_n(value, __ATOMIC_SEQ_CST); }
static inline void shim_store(int64_t *value, int64_t to) { __atomic_store_n(value, to, __ATOMIC_SEQ_CST); }
static inline int shim_exchange(int64_t *value, int64_t from, int64_t to) {
  return __atomic_compare_exchange_n(value, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline void shim_yield(void) { sched_yield(); }
static inline void shim_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

// ---- How the processor computes floating-point numbers

// Has this thread round to nearest, trap nothing, and take subnormal numbers for zero, of which each would cost some
// hundred cycles; returns how it was before. 32-bit NEON always computes so, and these bits have the rest of that
// processor do likewise.
static inline uint64_t shim_flush_subnormals(void) {
#if defined(__x86_64__)
  // All exceptions masked, FTZ and DAZ.
  unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(0x1f80 | 0x8040);
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr\n\tmsr fpcr, %1" : "=&r"(before) : "r"((uint64_t)1 << 24) : "memory");
  return before;
#elif defined(__arm__)
  uint32_t before;
  __asm__ volatile("vmrs %0, fpscr\n\tvmsr fpscr, %1" : "=&r"(before) : "r"((uint32_t)1 << 24) : "memory");
  return before;
#else
  return 0;
#endif
}
// As it was, flags of what has happened included.
static inline void shim_restore_float_mode(uint64_t before) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(before) : "memory");
#elif defined(__arm__)
  __asm__ volatile("vmsr fpscr, %0" : : "r"((uint32_t)before) : "memory");
#endif
}

// ---- Checksums

// FNV-1a, from shim_fnv_start() on. In C, since Swift widens a byte to 64 bits by way of an array where Int has 32.
static inline uint64_t shim_fnv_start(void) { return 0xcbf29ce484222325u; }
static inline uint64_t shim_fnv(uint64_t hash, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  return hash;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static inline uint32_t shim_crc32c_hardware(
    uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t wide = crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = (uint32_t)wide;
  for (; count; bytes++, count--) crc = __builtin_ia32_crc32qi(crc, *bytes);
  return crc;
}
#endif

// Eight tables of 256 make eight bytes a step (Kounavis and Berry 2005); computing them costs as much as checking 2 KB.
static inline uint32_t shim_crc32c_tables(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint32_t table[8][256];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (0x82F63B78u & (0u - (value & 1)));
    table[0][i] = value;
  }
  for (int k = 1; k < 8; k++)
    for (uint32_t i = 0; i < 256; i++) table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 255];
  for (; count >= 8; bytes += 8, count -= 8) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + 4, 4);
    low ^= crc;
    crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24]
        ^ table[3][high & 255] ^ table[2][high >> 8 & 255] ^ table[1][high >> 16 & 255] ^ table[0][high >> 24];
  }
  for (; count; bytes++, count--) crc = (crc >> 8) ^ table[0][(crc ^ *bytes) & 255];
  return crc;
}

static inline uint32_t shim_crc32c(const void *bytes, size_t count) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) return ~shim_crc32c_hardware(~0u, (const uint8_t *)bytes, count);
#endif
  return ~shim_crc32c_tables(~0u, (const uint8_t *)bytes, count);
}

// ---- Integers: what Swift can convert on a 64-bit processor only, without the heap. See Int+Narrow.swift.

static inline int64_t shim_widen(ptrdiff_t value) { return value; }

// ---- Mathematics, for the scalar references

static inline float shim_expf(float x) { return expf(x); }
static inline float shim_expm1f(float x) { return expm1f(x); }
// The C library tells subnormal arguments by their bits, and normalizes them by a multiplication that gives zero once
// they are flushed.
static inline float shim_flushed(float x) {
  // x + -0, of which the compiler does not know that it is x: in that mode zero for subnormal ones.
  uint32_t bits = 0x80000000u;
  float zero;
  __asm__("" : "+r"(bits));
  memcpy(&zero, &bits, sizeof zero);
  return x + zero;
}
static inline float shim_logf(float x) { return logf(shim_flushed(x)); }
static inline float shim_log1pf(float x) { return log1pf(x); }
static inline float shim_tanhf(float x) { return tanhf(x); }
static inline float shim_erff(float x) { return erff(x); }
static inline float shim_powf(float x, float y) { return powf(shim_flushed(x), shim_flushed(y)); }

#endif
