// Programs are compiled once for all sessions that name the same folder; what is wrong with a folder or a file does no
// harm.
#include "folder.h"
#include "opencl.h"
#include <sys/wait.h>

#define PROCESSES 4

static const char *path;
static golden expected;

// A life of a new model's session. How many programs were built from their text, and how many from the cache; and how
// many kernels were run to measure them.
typedef struct builds {
  int compiled, loaded, measured;
} builds;

static builds live_with(const char *folder, int tune) {
  watch();
  pf_model *model = open_model(path);
  pf_session_options options = opencl_options();
  options.cache = folder;
  options.tune = tune;
  pf_session *session = create_with(model, &options);
  int measured = double_->calls[CALL_clEnqueueNDRangeKernel];
  check_golden(session, &expected);
  pf_session_destroy(session);
  pf_model_close(model);
  check_nothing_live();
  return (builds){
    double_->calls[CALL_clCreateProgramWithSource], double_->calls[CALL_clCreateProgramWithBinary], measured};
}

static builds live(const char *folder) { return live_with(folder, 0); }

static void write_file(const char *file, const void *bytes, size_t size) {
  FILE *stream = fopen(file, "wb");
  CHECK(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
}

static void leave_nothing(const char *file) { write_file(file, "", 0); }

static void leave_half(const char *file) {
  size_t size;
  void *bytes = read_file(file, &size);
  write_file(file, bytes, size / 2);
  free(bytes);
}

static void append_byte(const char *file) {
  size_t size;
  char *bytes = read_file(file, &size);
  bytes[size] = 0;
  write_file(file, bytes, size + 1);
  free(bytes);
}

static void flip_bit(const char *file) {
  size_t size;
  char *bytes = read_file(file, &size);
  bytes[size * 2 / 3] ^= 4;
  write_file(file, bytes, size);
  free(bytes);
}

// Each file is the next one's, as a whole and well: only the name is wrong.
static void exchange_files(const char *folder) {
  int count;
  char **files = list_folder(folder, &count);
  char kept[4096];
  snprintf(kept, sizeof kept, "%s.kept", files[0]);
  CHECK(rename(files[0], kept) == 0);
  for (int i = 0; i + 1 < count; i++) CHECK(rename(files[i + 1], files[i]) == 0);
  CHECK(rename(kept, files[count - 1]) == 0);
  free_list(files, count);
}

static void check_sharing(const char *folder) {
  builds first = live(folder), second = live(folder);
  CHECK(first.compiled > 0 && first.loaded == 0);
  CHECK(second.compiled == 0 && second.loaded == first.compiled);

  void (*const damages[])(const char *) = {leave_nothing, leave_half, append_byte, flip_bit};
  for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
    int count;
    char **files = list_folder(folder, &count);
    CHECK(count == first.compiled);
    for (int file = 0; file < count; file++) damages[i](files[file]);
    free_list(files, count);
    builds damaged = live(folder), mended = live(folder);
    CHECK(damaged.compiled == first.compiled && damaged.loaded == 0);
    CHECK(mended.compiled == 0 && mended.loaded == first.compiled);
  }
  if (first.compiled > 1) {
    exchange_files(folder);
    builds exchanged = live(folder);
    CHECK(exchanged.compiled == first.compiled && exchanged.loaded == 0);
  }
}

// None, ones that cannot be made or written, and one whose name is too long.
static void check_useless_folders(const char *folder) {
  char inside_file[4096], longest[3000];
  int count;
  char **files = list_folder(folder, &count);
  snprintf(inside_file, sizeof inside_file, "%s/inside", files[0]);
  free_list(files, count);
  int length = snprintf(longest, sizeof longest, "%s", folder);
  while (length < (int)sizeof longest - 10)
    length += snprintf(longest + length, sizeof longest - (size_t)length, "/longest");
  const char *folders[] = {"", inside_file, "/proc/self", "/proc/nonexistent", longest};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    builds builds = live(folders[i]);
    CHECK(builds.compiled > 0 && builds.loaded == 0);
  }
  CHECK(count_folders(folder) == 0);
}

// What is measured when that is asked for serves all later sessions.
static void check_tuning(const char *parent) {
  char folder[4096];
  snprintf(folder, sizeof folder, "%s/tuned", parent);
  builds usual = live(folder), tuned = live_with(folder, 1), again = live_with(folder, 1), later = live(folder);
  CHECK(usual.measured == 0 && again.measured == 0 && later.measured == 0);
  CHECK(again.compiled == 0 && later.compiled == 0);
  if (tuned.measured == 0) printf("this model has nothing to measure\n");
}

// At once, in a folder that is empty or not there. The parent leaves OpenCL alone: a driver's threads do not survive a
// fork.
static int check_processes(const char *parent) {
  char folder[4096];
  snprintf(folder, sizeof folder, "%s/new", parent);
  pid_t children[PROCESSES];
  for (int i = 0; i < PROCESSES; i++) {
    children[i] = fork();
    CHECK(children[i] >= 0);
    if (children[i] == 0) {
      use_double();
      for (int life = 0; life < 2; life++) live(folder);
      exit(live(folder).compiled != 0);
    }
  }
  int worst = 0;
  for (int i = 0; i < PROCESSES; i++) {
    int status;
    CHECK(waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status));
    if (WEXITSTATUS(status) > worst) worst = WEXITSTATUS(status);
  }
  if (worst == 0) {
    int count;
    char **files = list_folder(folder, &count);
    for (int i = 0; i < count; i++) CHECK(strlen(strrchr(files[i], '/') + 1) == 16);
    free_list(files, count);
  }
  remove_folder(folder);
  return worst;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  path = argv[1];
  expected = read_golden(path);
  char folder[] = "cache-XXXXXX";
  CHECK(mkdtemp(folder));
  int status = check_processes(folder);
  if (status == 0) {
    use_double();
    check_sharing(folder);
    check_useless_folders(folder);
    check_tuning(folder);
  }
  remove_folder(folder);
  free_golden(&expected);
  return status;
}
