// What Swift sees: all of the header.
#define PREFACTOR_EXPERIMENTAL
#include "prefactor.h"
