#ifndef PREFACTOR_CANCELLATION_H
#define PREFACTOR_CANCELLATION_H

#include <stdint.h>

// Whether the run that an item belongs to has been cancelled, by a number that another thread, or a signal's handler,
// makes more than 0; NULL where none can. A kernel looks at it where an item may take longer than some milliseconds,
// and may then leave the item as it is.
static inline int pf_is_cancelled(const int64_t *cancelled) {
  return cancelled && __atomic_load_n(cancelled, __ATOMIC_RELAXED) > 0;
}

#endif
