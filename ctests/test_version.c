// The release, which the file VERSION, the header and the library agree on, and the names of the statuses.
#include "support.h"

int main(void) {
  char header_version[32];
  snprintf(header_version, sizeof header_version, "%d.%d.%d", PF_VERSION_MAJOR, PF_VERSION_MINOR, PF_VERSION_PATCH);
  CHECK(strcmp(pf_version(), header_version) == 0);
  CHECK(strcmp(PREFACTOR_VERSION, header_version) == 0);

  CHECK(strcmp(pf_status_name(PF_OK), "PF_OK") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_INVALID_ARGUMENT), "PF_ERROR_INVALID_ARGUMENT") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_OUT_OF_MEMORY), "PF_ERROR_OUT_OF_MEMORY") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_IO), "PF_ERROR_IO") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_BAD_MODEL), "PF_ERROR_BAD_MODEL") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_VERSION), "PF_ERROR_VERSION") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_UNSUPPORTED), "PF_ERROR_UNSUPPORTED") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_SHAPE), "PF_ERROR_SHAPE") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_BACKEND), "PF_ERROR_BACKEND") == 0);
  CHECK(strcmp(pf_status_name(PF_ERROR_THREAD), "PF_ERROR_THREAD") == 0);
  CHECK(strcmp(pf_status_name((pf_status)-1), "PF_ERROR_UNKNOWN") == 0);
  CHECK(strcmp(pf_status_name((pf_status)1000), "PF_ERROR_UNKNOWN") == 0);
  return 0;
}
