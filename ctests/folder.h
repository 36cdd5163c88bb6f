// Folders of a test's own.
#ifndef FOLDER_H
#define FOLDER_H

#include "support.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

// The paths of what is in a folder.
static inline char **list_folder(const char *folder, int *count) {
  DIR *stream = opendir(folder);
  CHECK(stream);
  char **paths = NULL;
  *count = 0;
  for (struct dirent *entry; (entry = readdir(stream));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    size_t room = strlen(folder) + strlen(entry->d_name) + 2;
    paths = realloc(paths, sizeof *paths * (size_t)(*count + 1));
    paths[*count] = malloc(room);
    snprintf(paths[(*count)++], room, "%s/%s", folder, entry->d_name);
  }
  closedir(stream);
  return paths;
}

static inline void free_list(char **paths, int count) {
  for (int i = 0; i < count; i++) free(paths[i]);
  free(paths);
}

static inline int count_folders(const char *folder) {
  int count, folders = 0;
  char **paths = list_folder(folder, &count);
  for (int i = 0; i < count; i++) folders += is_folder(paths[i]);
  free_list(paths, count);
  return folders;
}

// With all that is in it, folders too.
static inline void remove_folder(const char *folder) {
  if (!is_folder(folder)) return;
  int count;
  char **paths = list_folder(folder, &count);
  for (int i = 0; i < count; i++)
    if (is_folder(paths[i])) remove_folder(paths[i]); else CHECK(unlink(paths[i]) == 0);
  free_list(paths, count);
  CHECK(rmdir(folder) == 0);
}

#endif
