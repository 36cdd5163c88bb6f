// Which processors threads may run on, and how many of them a program is allowed.
//
// Affinity by system call: what glibc has for it needs _GNU_SOURCE, which would make its other types differ between
// Swift modules, and Android's C library lacks half of it.
#ifndef PREFACTOR_PROCESSORS_H
#define PREFACTOR_PROCESSORS_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// ---- Affinity

// As many as Linux can be built for. The kernel wants at least as many bits as it was built for.
enum { SHIM_PROCESSORS = 8192 };
typedef struct shim_processor_set { uint64_t words[SHIM_PROCESSORS / 64]; } shim_processor_set;

static inline int shim_count_processors(const shim_processor_set *set) {
  int count = 0;
  for (int i = 0; i < SHIM_PROCESSORS / 64; i++) count += __builtin_popcountll(set->words[i]);
  return count;
}
// Of the numbers given; -1 where one is none.
static inline int shim_make_processor_set(shim_processor_set *set, const int32_t *numbers, size_t count) {
  memset(set, 0, sizeof *set);
  for (size_t i = 0; i < count; i++) {
    if (numbers[i] < 0 || numbers[i] >= SHIM_PROCESSORS) return -1;
    set->words[numbers[i] / 64] |= (uint64_t)1 << numbers[i] % 64;
  }
  return 0;
}

static inline int64_t shim_thread_number(void) { return syscall(SYS_gettid); }
static inline int shim_current_processor(void) {
  unsigned processor = 0;
  return syscall(SYS_getcpu, &processor, NULL, NULL) == 0 ? (int)processor : -1;
}
// 0, or errno's value. Thread 0 is the caller. Numbers go to system calls as wide as they are there: a register of 32
// bits would not do for an int64_t, and shift all that comes after.
static inline int shim_get_affinity(int64_t thread, shim_processor_set *set) {
  memset(set, 0, sizeof *set);
  return syscall(SYS_sched_getaffinity, (pid_t)thread, sizeof *set, set) < 0 ? errno : 0;
}
static inline int shim_set_affinity(int64_t thread, const shim_processor_set *set) {
  return syscall(SYS_sched_setaffinity, (pid_t)thread, sizeof *set, set) < 0 ? errno : 0;
}
// Makes `set` the processors that the caller may run on; whether it was another.
static inline int shim_follow_affinity(shim_processor_set *set) {
  shim_processor_set now;
  if (shim_get_affinity(0, &now) || memcmp(set, &now, sizeof now) == 0) return 0;
  *set = now;
  return 1;
}
// Lets a thread run on all processors of `set`, but not on `processor` if at least `count` others are left.
static inline void shim_keep_off_processor(int64_t thread, const shim_processor_set *set, int processor, int count) {
  shim_processor_set processors = *set;
  if (processor >= 0 && processor < SHIM_PROCESSORS)
    processors.words[processor / 64] &= ~((uint64_t)1 << processor % 64);
  shim_set_affinity(thread, shim_count_processors(&processors) < count ? set : &processors);
}

// ---- The CPU quota of control groups

// The lines of a file, without their ends; one that is longer than the room is cut.
typedef struct shim_lines { int file; size_t next, end; char bytes[1024], line[4096]; } shim_lines;

static inline const char *shim_next_line(shim_lines *lines) {
  size_t length = 0;
  while (1) {
    if (lines->next == lines->end) {
      ssize_t count = read(lines->file, lines->bytes, sizeof lines->bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      lines->next = 0;
      lines->end = (size_t)count;
    }
    char byte = lines->bytes[lines->next++];
    if (byte == '\n') { lines->line[length] = 0; return lines->line; }
    if (length + 1 < sizeof lines->line) lines->line[length++] = byte;
  }
  lines->line[length] = 0;
  return length ? lines->line : NULL;
}
static inline int shim_open_lines(shim_lines *lines, const char *root, const char *folder, const char *name) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s%s/%s", root, folder, name) >= (int)sizeof path) return 0;
  lines->file = open(path, O_RDONLY | O_CLOEXEC);
  lines->next = lines->end = 0;
  return lines->file >= 0;
}

// Whether `word` is one of a list with commas.
static inline int shim_lists(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
    if ((at == list || at[-1] == ',') && (at[length] == 0 || at[length] == ',')) return 1;
  return 0;
}
// Cuts the text at the next of `separator`, and returns what is behind it: NULL where there is none.
static inline char *shim_cut(char *text, const char *separator) {
  char *end = text ? strstr(text, separator) : NULL;
  if (!end) return NULL;
  *end = 0;
  return end + strlen(separator);
}

// The group that the process is in: of the hierarchy that has the cpu controller, which is version 1 where both have
// one.
static inline int shim_find_group(const char *root, char *path, size_t size, int *version) {
  shim_lines lines;
  *version = 0;
  if (!shim_open_lines(&lines, root, "/proc/self", "cgroup")) return 0;
  for (char *id; (id = (char *)shim_next_line(&lines));) {
    char *controllers = shim_cut(id, ":"), *group = shim_cut(controllers, ":");
    if (!group || strlen(group) >= size) continue;
    if (shim_lists(controllers, "cpu")) *version = 1;
    else if (*controllers == 0 && *version == 0) *version = 2;
    else continue;
    memcpy(path, group, strlen(group) + 1);
  }
  close(lines.file);
  return *version != 0;
}
// Where that hierarchy is mounted, and which group lies there: see proc(5) on mountinfo.
static inline int shim_find_mount(const char *root, int version, char *mount, char *top, size_t size) {
  shim_lines lines;
  int isFound = 0;
  if (!shim_open_lines(&lines, root, "/proc/self", "mountinfo")) return 0;
  for (char *line; !isFound && (line = (char *)shim_next_line(&lines));) {
    char *type = shim_cut(line, " - "), *source = shim_cut(type, " "), *options = shim_cut(source, " ");
    char *parent = shim_cut(line, " "), *device = shim_cut(parent, " "), *group = shim_cut(device, " "),
         *point = shim_cut(group, " ");
    shim_cut(point, " ");
    if (!options || !point || strlen(group) >= size || strlen(point) >= size) continue;
    if (version == 2 ? strcmp(type, "cgroup2") : strcmp(type, "cgroup") || !shim_lists(options, "cpu")) continue;
    memcpy(mount, point, strlen(point) + 1);
    memcpy(top, group, strlen(group) + 1);
    isFound = 1;
  }
  close(lines.file);
  return isFound;
}

// A number of digits, from *text on; -1 where there is none.
static inline int64_t shim_digits(const char **text) {
  int64_t value = -1;
  while (**text == ' ') (*text)++;
  for (; **text >= '0' && **text <= '9' && value < 1000000000000; (*text)++)
    value = (value < 0 ? 0 : value) * 10 + (**text - '0');
  return value;
}
static inline int64_t shim_file_number(const char *root, const char *folder, const char *name, int64_t *second) {
  shim_lines lines;
  if (!shim_open_lines(&lines, root, folder, name)) return -1;
  const char *text = shim_next_line(&lines);
  int64_t value = text ? shim_digits(&text) : -1;
  if (second) *second = text ? shim_digits(&text) : -1;
  close(lines.file);
  return value;
}
// Processors' worth of time that the groups from that one up to the mount allow, rounded up; 0 where they set no limit,
// or cannot be read. `root` stands before all paths; "" but in tests.
static inline int64_t shim_quota(const char *root) {
  char group[1024], mount[1024], top[1024], folder[2048];
  int version;
  if (!shim_find_group(root, group, sizeof group, &version) || !shim_find_mount(root, version, mount, top, sizeof top))
    return 0;
  // Within a container the mount may show the container's group alone, and the path may be the host's.
  size_t shown = strcmp(top, "/") ? strlen(top) : 0;
  const char *below = strncmp(group, top, shown) || (group[shown] && group[shown] != '/') ? "" : group + shown;
  snprintf(folder, sizeof folder, "%s%s", mount, strstr(below, "/..") ? "" : below);
  int64_t least = 0;
  while (1) {
    int64_t period = -1, quota;
    if (version == 2) {
      quota = shim_file_number(root, folder, "cpu.max", &period);
    } else {
      quota = shim_file_number(root, folder, "cpu.cfs_quota_us", NULL);
      period = shim_file_number(root, folder, "cpu.cfs_period_us", NULL);
    }
    if (quota > 0 && period > 0) {
      int64_t processors = (quota + period - 1) / period;
      if (least == 0 || processors < least) least = processors;
    }
    char *end = strrchr(folder, '/');
    if (!end || (size_t)(end - folder) < strlen(mount)) return least;
    *end = 0;
  }
}

// How many processors the caller may count on: so many, or without a number those that it may run on, but no more than
// its quota.
static inline long shim_processors(int64_t count) {
  shim_processor_set set;
  int64_t quota = shim_quota("");
  if (count == 0) count = shim_get_affinity(0, &set) == 0 ? shim_count_processors(&set) : sysconf(_SC_NPROCESSORS_ONLN);
  if (quota > 0 && quota < count) count = quota;
  return count > 0 ? (long)count : 1;
}

#endif
