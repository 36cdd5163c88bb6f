#include "files.h"

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU};

static char path_to_remove[PATH_MAX];
static volatile sig_atomic_t is_set;

// The signal is blocked while it is handled; raised again, it ends the process as soon as this returns.
static void remove_and_die(int number) {
  if (is_set) unlink(path_to_remove);
  signal(number, SIG_DFL);
  raise(number);
}

static void install(void) {
  struct sigaction action = {.sa_handler = remove_and_die};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
    struct sigaction before;
    // What is ignored stays ignored: SIGHUP under nohup.
    if (sigaction(deadly[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL) sigaction(deadly[i], &action, NULL);
  }
}

int files_remove_on_signal(const char *path) {
  if (strlen(path) >= sizeof path_to_remove) return 0;
  is_set = 0;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  strcpy(path_to_remove, path);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  is_set = 1;
  install();
  return 1;
}

void files_keep_on_signal(void) { is_set = 0; }
