// An allocator that counts, and refuses what it is told to refuse.
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include "support.h"

typedef struct counter {
  size_t calls, allocations, live;
  size_t failing_allocation; // from 1; 0 for none
} counter;

#define ALLOCATION_HEADER 64

// Aligned to `alignment` and to no more than that, with the size in front.
static inline void *counting_allocate(void *context, size_t size, size_t alignment) {
  counter *counter = context;
  CHECK(alignment > 0 && alignment <= 64 && (alignment & (alignment - 1)) == 0);
  counter->calls++;
  if (++counter->allocations == counter->failing_allocation) return NULL;
  char *block;
  if (posix_memalign((void **)&block, 128, ALLOCATION_HEADER + size)) return NULL;
  memcpy(block, &size, sizeof size);
  counter->live++;
  return block + ALLOCATION_HEADER;
}

static inline void counting_release(void *context, void *pointer, size_t size) {
  counter *counter = context;
  char *block = (char *)pointer - ALLOCATION_HEADER;
  CHECK(memcmp(block, &size, sizeof size) == 0);
  memset(pointer, 0xDD, size);
  free(block);
  CHECK(counter->live > 0);
  counter->calls++;
  counter->live--;
}

static inline pf_allocator counting_allocator(counter *counter) {
  return (pf_allocator){counter, counting_allocate, counting_release};
}

#endif
