// Memory with a page on either side that nobody may touch, so that an access outside ends the test.
#ifndef GUARDED_H
#define GUARDED_H

#include "support.h"
#include <sys/mman.h>
#include <unistd.h>

typedef enum guarded_side { AGAINST_PAGE_BEFORE, AGAINST_PAGE_AFTER } guarded_side;

typedef struct guarded {
  char *pages, *data;
  size_t size; // of the pages that may be touched
} guarded;

static inline guarded guarded_allocate(size_t bytes, guarded_side side) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  guarded result;
  result.size = (bytes + page - 1) / page * page;
  result.pages = (char *)mmap(NULL, result.size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + page;
  CHECK(result.pages - page != MAP_FAILED);
  CHECK(mprotect(result.pages, result.size, PROT_READ | PROT_WRITE) == 0);
  memset(result.pages, 0xA5, result.size);
  result.data = side == AGAINST_PAGE_AFTER ? result.pages + result.size - bytes : result.pages;
  return result;
}

static inline void guarded_make_read_only(const guarded *memory) {
  CHECK(mprotect(memory->pages, memory->size, PROT_READ) == 0);
}

// Whether the bytes between the data and the pages around it are as they were.
static inline int guarded_is_intact(const guarded *memory, size_t bytes) {
  for (char *byte = memory->pages; byte < memory->pages + memory->size; byte++)
    if ((byte < memory->data || byte >= memory->data + bytes) && *byte != (char)0xA5) return 0;
  return 1;
}

static inline void guarded_free(const guarded *memory) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  munmap(memory->pages - page, memory->size + 2 * page);
}

#endif
