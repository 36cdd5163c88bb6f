// Opening: the bytes are used in place, and what cannot be opened says why and which file.
#include "support.h"
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/prefactor-test-XXXXXX";

static const char *make_path(const char *name) {
  static char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static const char *write_file(const char *name, const void *bytes, size_t length) {
  const char *path = make_path(name);
  FILE *file = fopen(path, "wb");
  CHECK(file && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
  return path;
}

static void check_refused(const char *path, pf_status status) {
  pf_error error;
  pf_model *model = (pf_model *)&error;
  CHECK_FAILS(status, pf_model_open_file(path, NULL, &model, &error), error);
  CHECK(model == NULL);
  CHECK(strstr(error.message, path));
}

static void check_memory(const char *path) {
  size_t length;
  char *bytes = read_file(path, &length);
  pf_error error;
  pf_model *model;
  CHECK_OK(pf_model_open_memory(bytes, length, NULL, &model, &error), error);
  pf_tensor_info info = PF_TENSOR_INFO_INIT;
  CHECK(pf_model_input_info(model, 0, &info) == PF_OK);
  CHECK(info.name >= bytes && info.name < bytes + length);
  tensors own = outputs_of(model, 1, 1);
  pf_model_close(model);

  model = open_model(path);
  tensors mapped = outputs_of(model, 1, 1);
  pf_model_close(model);
  CHECK(same_bits(&own, &mapped));
  free_tensors(&own);
  free_tensors(&mapped);

  for (size_t offset = 1; offset < 64; offset = 2 * offset + 1) {
    memmove(bytes + offset, bytes + offset / 2, length);
    CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_memory(bytes + offset, length, NULL, &model, &error), error);
    CHECK(model == NULL);
  }
  CHECK_FAILS(PF_ERROR_BAD_MODEL, pf_model_open_memory(bytes, 0, NULL, &model, &error), error);
  free(bytes);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  CHECK(mkdtemp(folder));
  check_memory(argv[1]);

  check_refused(make_path("missing.pfmodel"), PF_ERROR_IO);
  check_refused("", PF_ERROR_IO);
  check_refused(folder, PF_ERROR_IO);
  const char *path = write_file("empty.pfmodel", "", 0);
  check_refused(path, PF_ERROR_IO);
  unlink(path);
  const char text[] =
    "This is a text of more than sixty-four bytes, and was never meant to be a network of any kind at all.\n";
  path = write_file("text.pfmodel", text, sizeof text);
  check_refused(path, PF_ERROR_BAD_MODEL);
  unlink(path);
  path = write_file("short.pfmodel", "\x89PFM\r\n\x1a\n", 8);
  check_refused(path, PF_ERROR_BAD_MODEL);
  unlink(path);
  path = make_path("fifo.pfmodel");
  CHECK(mkfifo(path, 0600) == 0);
  check_refused(path, PF_ERROR_IO);
  unlink(path);
  CHECK(rmdir(folder) == 0);
  return 0;
}
