// Structs that answers come in, of every size: what a caller's struct does not have is not written, what the library
// does not know neither.
#define PREFACTOR_EXPERIMENTAL
#include "support.h"
#include <stddef.h>

static pf_model *model;
static pf_session *session;

static pf_status model_input(void *info) { return pf_model_input_info(model, 0, info); }
static pf_status model_output(void *info) { return pf_model_output_info(model, 0, info); }
static pf_status layer(void *info) { return pf_model_layer_info(model, 0, info); }
static pf_status preprocessing(void *info) { return pf_model_preprocessing(model, info); }
static pf_status session_input(void *info) { return pf_session_input_info(session, 0, info); }
static pf_status session_output(void *info) { return pf_session_output_info(session, 0, info); }
static pf_status session_itself(void *info) { return pf_session_get_info(session, info); }
static pf_status step(void *info) { return pf_session_step_info(session, 0, info); }
static pf_status device(void *info) { return pf_device_get_info(PF_BACKEND_OPENCL, 0, info, NULL); }
static pf_status no_device(void *info) { return pf_device_get_info(PF_BACKEND_CPU, 0, info, NULL); }
static pf_status no_output(void *info) { return pf_session_output_info(session, SIZE_MAX, info); }

static void check(pf_status (*ask)(void *), size_t known) {
  enum { NEWER = 64, UNTOUCHED = 0x55 };
  _Alignas(max_align_t) unsigned char whole[1024], part[1024];
  CHECK(known + NEWER <= sizeof whole);
  memset(whole, UNTOUCHED, sizeof whole);
  memcpy(whole, &known, sizeof known);
  pf_status status = ask(whole);
  size_t size;
  memcpy(&size, whole, sizeof size);
  CHECK(size == known && whole[known] == UNTOUCHED);
  for (size_t i = sizeof size; i < known && status != PF_OK; i++) CHECK(whole[i] == 0);

  for (size = 0; size <= known + NEWER; size++) {
    memset(part, UNTOUCHED, sizeof part);
    memcpy(part, &size, sizeof size);
    size_t written = size < known ? size : known, first = sizeof size;
    if (size < first) {
      CHECK(ask(part) == PF_ERROR_INVALID_ARGUMENT);
      written = first;
    } else {
      CHECK(ask(part) == status);
    }
    CHECK(!memcmp(part, &size, first) && !memcmp(part + first, whole + first, written - first));
    for (size_t i = written; i < sizeof part; i++) CHECK(part[i] == UNTOUCHED);
  }
  CHECK(ask(NULL) == PF_ERROR_INVALID_ARGUMENT);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  model = open_model(argv[1]);
  session = create_session(model, 1);
  check(model_input, sizeof(pf_tensor_info));
  check(model_output, sizeof(pf_tensor_info));
  check(layer, sizeof(pf_layer_info));
  check(preprocessing, sizeof(pf_preprocessing));
  check(session_input, sizeof(pf_tensor_info));
  check(session_output, sizeof(pf_tensor_info));
  check(no_output, sizeof(pf_tensor_info));
  check(session_itself, sizeof(pf_session_info));
  check(step, sizeof(pf_step_info));
  check(device, sizeof(pf_device_info));
  check(no_device, sizeof(pf_device_info));
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}
