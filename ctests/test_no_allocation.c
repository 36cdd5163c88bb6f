// After a session is created, running and loading images allocate nothing: neither from the caller's allocator, nor
// from the C library, whose functions this program is linked to wrap (see CMakeLists.txt).
#include "allocator.h"
#include <sys/mman.h>

static size_t library_calls;

#define WRAP(type, name, parameters, arguments) \
  type __real_##name parameters; \
  type __wrap_##name parameters; \
  type __wrap_##name parameters { \
    library_calls++; \
    return __real_##name arguments; \
  }
WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *pointer, size_t size), (pointer, size))
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(int, posix_memalign, (void **pointer, size_t alignment, size_t size), (pointer, alignment, size))
WRAP(void, free, (void *pointer), (pointer))
WRAP(void *, mmap, (void *address, size_t length, int protection, int flags, int descriptor, off_t offset),
     (address, length, protection, flags, descriptor, offset))
#if UINTPTR_MAX == UINT32_MAX
WRAP(void *, mmap64, (void *address, size_t length, int protection, int flags, int descriptor, int64_t offset),
     (address, length, protection, flags, descriptor, offset))
#endif

// From the allocator given, or malloc where that is NULL; returns the calls that the session's work made.
static size_t calls_while_working(const char *path, const pf_allocator *allocator, const counter *counter) {
  pf_error error;
  pf_model *model;
  pf_session *session;
  pf_model_options model_options = PF_MODEL_OPTIONS_INIT;
  model_options.allocator = allocator;
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 3;
  options.profile = 1;
  CHECK_OK(pf_model_open_file(path, &model_options, &model, &error), error);
  CHECK_OK(pf_session_create(model, &options, &session, &error), error);
  CHECK(counter ? counter->calls > 0 : library_calls > 0);
  static const uint8_t image[3 * 20 * 10];

  size_t before = library_calls + (counter ? counter->calls : 0);
  for (int i = 0; i < 3; i++) {
    pf_session_load_image(session, 0, 0, image, 20, 10, 60, &error);
    CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
  }
  size_t after = library_calls + (counter ? counter->calls : 0);

  pf_session_destroy(session);
  pf_model_close(model);
  return after - before;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  counter counter = {0};
  pf_allocator allocator = counting_allocator(&counter);
  CHECK(calls_while_working(argv[1], &allocator, &counter) == 0);
  CHECK(counter.live == 0);
  CHECK(calls_while_working(argv[1], NULL, NULL) == 0);
  return 0;
}
