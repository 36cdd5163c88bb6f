// What Swift cannot do safely: a signal handler.
#ifndef PREFACTOR_FILES_H
#define PREFACTOR_FILES_H

// From here on a signal that ends the process (SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU) first removes the
// file of this path. One file at a time. Returns 0 where the path is too long.
int files_remove_on_signal(const char *path);

// Signals leave the file alone again.
void files_keep_on_signal(void);

#endif
