// The threads of this process, as the system counts them.
#ifndef TASKS_H
#define TASKS_H

#include "support.h"
#include <dirent.h>

#define MOST_TASKS 256
typedef struct tasks { size_t count; long numbers[MOST_TASKS]; } tasks;

static inline int has_task(const tasks *tasks, long number) {
  for (size_t i = 0; i < tasks->count; i++)
    if (tasks->numbers[i] == number) return 1;
  return 0;
}

// All of them but those in `old`, which may be NULL.
static inline tasks tasks_beside(const tasks *old) {
  tasks found = {0};
  DIR *folder = opendir("/proc/self/task");
  CHECK(folder);
  for (struct dirent *entry; (entry = readdir(folder));) {
    long number = atol(entry->d_name);
    if (number == 0 || (old && has_task(old, number))) continue;
    CHECK(found.count < MOST_TASKS);
    found.numbers[found.count++] = number;
  }
  closedir(folder);
  return found;
}

#endif
