// Models that a stranger may send: each is refused with a status and a message, or planned in no more time than its
// bytes are worth, and run as far as limits allow; on processors of 32 bits too, where sums of what they ask for
// overflow. Those made here, and those named as arguments.
#include "model_writer.h"
#include <time.h>

static const int32_t small[] = {1, 4, 4, 16};

static double seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static void check_open(const char *name, pf_model *model) {
  pf_error error;
  pf_layer_info layer = PF_LAYER_INFO_INIT;
  pf_tensor_info tensor = PF_TENSOR_INFO_INIT;
  for (size_t i = 0; i < pf_model_layer_count(model); i++) CHECK(pf_model_layer_info(model, i, &layer) == PF_OK);
  for (int low_memory = 0; low_memory < 2; low_memory++) {
    for (int64_t batch = 1; batch <= 65536; batch *= 256) {
      pf_session_options options = PF_SESSION_OPTIONS_INIT;
      options.threads = 2;
      options.batch = batch;
      options.low_memory = low_memory;
      size_t bytes;
      pf_session *session;
      double start = seconds();
      pf_status status = pf_session_memory_required(model, &options, &bytes, &error);
      CHECK(error.status == status && memchr(error.message, 0, sizeof error.message));
      if (batch == 1 && !low_memory)
        printf("%s: %s after %.3f s, %zu bytes: %s\n", name, pf_status_name(status), seconds() - start, bytes,
               error.message);
      options.max_macs = 50000000;
      options.max_bytes = 300u << 20;
      status = pf_session_create(model, &options, &session, &error);
      CHECK(error.status == status && memchr(error.message, 0, sizeof error.message));
      if (status == PF_OK) {
        CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
      } else {
        // What memory there is is for the machine to say.
        options.max_macs = options.max_bytes = 0;
        if (pf_session_memory_required(model, &options, &bytes, &error) == PF_OK && bytes > (600u << 20)) continue;
        status = pf_session_create(model, &options, &session, &error);
      }
      if (status != PF_OK) continue;
      for (size_t i = 0; i < pf_session_step_count(session); i++) {
        pf_step_info step = PF_STEP_INFO_INIT;
        CHECK(pf_session_step_info(session, i, &step) == PF_OK);
      }
      for (size_t i = 0; i < pf_model_output_count(model); i++)
        CHECK(pf_session_output_info(session, i, &tensor) == PF_OK);
      pf_session_destroy(session);
    }
  }
}

static pf_status check_bytes(const char *name, void *bytes, size_t length) {
  pf_error error;
  pf_model *model;
  double start = seconds();
  pf_status status = pf_model_open_memory(bytes, length, NULL, &model, &error);
  CHECK(error.status == status && memchr(error.message, 0, sizeof error.message));
  printf("%s: %zu bytes, %s after %.3f s: %s\n", name, length, pf_status_name(status), seconds() - start,
         error.message);
  if (status == PF_OK) {
    check_open(name, model);
    pf_model_close(model);
  }
  free(bytes);
  return status;
}

static uint32_t computed(model_writer *model, const int32_t *dims) {
  return add_value(model, "", COMPUTED, 4, dims, 0, 0);
}

static const uint32_t relu[] = {1, 0, 0}, add[] = {1, 0xff800000u, 0x7f800000u}, channels[] = {3}, columns[] = {2};

// A step with more operands than its operation takes.
static void check_operands(uint32_t code, const uint32_t *attributes, uint32_t count, uint32_t operands) {
  model_writer model = {0};
  uint32_t input = add_value(&model, "input", INPUT, 4, small, 0, 0),
           output = add_value(&model, "output", COMPUTED, 4, small, 0, 0);
  for (uint32_t i = 0; i < operands; i++) add_operand(&model, input);
  add_node(&model, code, "many", operands, output, attributes, count);
  put32(&model.sections[OUTPUTS], output);
  size_t length;
  void *bytes = write_model(&model, &length);
  CHECK(check_bytes("too many operands", bytes, length) == PF_ERROR_BAD_MODEL);
}

// Chains of as many steps as a model may have. With `keep`, a last step reads all of them.
static void check_chain(int keep) {
  model_writer model = {0};
  const int count = 16000;
  int32_t result[] = {1, 4, 4, 16};
  uint32_t value = add_value(&model, "input", INPUT, 4, small, 0, 0), first = value + 1;
  for (int i = 0; i < count; i++) {
    add_operand(&model, value);
    value = computed(&model, small);
    add_node(&model, UNARY, "link", 1, value, relu, 3);
  }
  if (keep) {
    for (int i = 0; i < count; i++) add_operand(&model, first + (uint32_t)i);
    // Along an axis inside, so that none can be computed in its place in the result.
    result[2] = 4 * count;
    value = add_value(&model, "joined", COMPUTED, 4, result, 0, 0);
    add_node(&model, CONCATENATION, "join", (uint32_t)count, value, columns, 1);
  }
  put32(&model.sections[OUTPUTS], value);
  size_t length;
  void *bytes = write_model(&model, &length);
  CHECK(check_bytes(keep ? "all values alive" : "long chain", bytes, length) == PF_OK);
}

// One value that a concatenation reads a million times, and what comes of joining that with itself.
static void check_wide(int count, int levels) {
  model_writer model = {0};
  int32_t dims[] = {1, 1, 1, 1};
  uint32_t value = add_value(&model, "input", INPUT, 4, dims, 0, 0);
  for (int level = 0; level < levels; level++) {
    for (int i = 0; i < count; i++) add_operand(&model, value);
    dims[3] *= count;
    value = computed(&model, dims);
    add_node(&model, CONCATENATION, "wide", (uint32_t)count, value, channels, 1);
  }
  add_operand(&model, value);
  value = add_value(&model, "output", COMPUTED, 4, dims, 0, 0);
  add_node(&model, UNARY, "last", 1, value, relu, 3);
  put32(&model.sections[OUTPUTS], value);
  size_t length;
  void *bytes = write_model(&model, &length);
  check_bytes("wide concatenations", bytes, length);
}

// Values that thousands of steps read, each of which lives until a last one.
static void check_shared(void) {
  model_writer model = {0};
  const int count = 8000;
  uint32_t input = add_value(&model, "input", INPUT, 4, small, 0, 0), values[8000];
  for (int i = 0; i < count; i++) {
    add_operand(&model, input);
    values[i] = computed(&model, small);
    add_node(&model, UNARY, "reader", 1, values[i], relu, 3);
  }
  uint32_t sum = values[0];
  for (int i = count - 1; i > 0; i--) {
    add_operand(&model, sum);
    add_operand(&model, values[i]);
    sum = computed(&model, small);
    add_node(&model, BINARY, "sum", 2, sum, add, 3);
  }
  put32(&model.sections[OUTPUTS], sum);
  size_t length;
  void *bytes = write_model(&model, &length);
  CHECK(check_bytes("one value read by thousands", bytes, length) == PF_OK);
}

// Convolutions over one row of a million pixels, in which rows of strips could be counted one by one.
static void check_strips(void) {
  model_writer model = {0};
  const int count = 4000;
  const int32_t image[] = {1, 1 << 20, 1, 4}, weights[] = {4, 1, 1, 4};
  uint32_t input = add_value(&model, "input", INPUT, 4, image, 0, 0);
  uint32_t filter = add_value(&model, "filter", PANELS, 4, weights, 0, 1);
  for (int i = 0; i < 1024; i++) put(&model.sections[WEIGHTS], "", 1);
  const uint32_t window[] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0xff800000u, 0x7f800000u};
  uint32_t value = input;
  for (int i = 0; i < count; i++) {
    add_operand(&model, value);
    add_operand(&model, filter);
    value = computed(&model, image);
    add_node(&model, CONVOLUTION, "pointwise", 2, value, window, 14);
  }
  put32(&model.sections[OUTPUTS], value);
  size_t length;
  void *bytes = write_model(&model, &length);
  CHECK(check_bytes("strips of millions of rows", bytes, length) == PF_OK);
}

// Half a gigabyte in every value, of which two together are more than 32 bits count.
static void check_large(void) {
  model_writer model = {0};
  const int32_t large[] = {1, 4096, 4096, 8};
  uint32_t value = add_value(&model, "input", INPUT, 4, large, 0, 0);
  for (int i = 0; i < 40; i++) {
    add_operand(&model, value);
    add_operand(&model, i ? value - 1 : value);
    value = computed(&model, large);
    add_node(&model, BINARY, "large", 2, value, add, 3);
  }
  put32(&model.sections[OUTPUTS], value);
  size_t length;
  void *bytes = write_model(&model, &length);
  check_bytes("large values", bytes, length);
}

int main(int argc, char **argv) {
  check_operands(UNARY, relu, 3, 5);
  check_operands(BINARY, add, 3, 10000);
  check_operands(BINARY, add, 3, 1);
  check_operands(CONCATENATION, channels, 1, 0);
  check_chain(0);
  check_chain(1);
  check_wide(1000000, 1);
  check_wide(1000, 3);
  check_shared();
  check_strips();
  check_large();
  size_t length;
  void *bytes = pool_model(4095, 1, 2048, "bomb", &length);
  check_bytes("pool", bytes, length);
  for (int i = 1; i < argc; i++) {
    bytes = read_file(argv[i], &length);
    check_bytes(argv[i], bytes, length);
  }
  return 0;
}
