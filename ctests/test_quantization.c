// What an input or output says of its quantization is consistent in every model, the same of models and of sessions,
// and known in the golden one. A program that was built before there were quantizations does not see them.
#include "support.h"
#include <stddef.h>

static int holds(pf_type type, int32_t zero_point) {
  switch (type) {
  case PF_UINT8: return zero_point >= 0 && zero_point <= UINT8_MAX;
  case PF_INT8: return zero_point >= INT8_MIN && zero_point <= INT8_MAX;
  case PF_INT32: return zero_point == 0;
  default: return 0;
  }
}

static void check(const pf_tensor_info *info) {
  if (info->scale_count == 0) {
    CHECK(!info->scales && !info->zero_points && info->quantized_dim == -1);
    return;
  }
  if (info->quantized_dim == -1) {
    CHECK(info->scale_count == 1);
  } else {
    CHECK(info->quantized_dim >= 0 && info->quantized_dim < info->rank);
    int64_t size = info->dims[info->quantized_dim];
    CHECK(size == -1 || (uint64_t)size == info->scale_count);
  }
  for (size_t i = 0; i < info->scale_count; i++) CHECK(info->scales[i] > 0 && holds(info->type, info->zero_points[i]));
}

static void check_older(pf_status (*ask)(const pf_model *, size_t, pf_tensor_info *), const pf_model *model,
                        size_t index, const pf_tensor_info *whole) {
  enum { OLD_SIZE = offsetof(pf_tensor_info, scale_count) };
  pf_tensor_info older, untouched;
  memset(&older, 0x55, sizeof older);
  untouched = older;
  older.struct_size = OLD_SIZE;
  CHECK(ask(model, index, &older) == PF_OK);
  CHECK(older.struct_size == OLD_SIZE && older.name == whole->name && older.type == whole->type);
  CHECK(!memcmp(older.dims, whole->dims, sizeof older.dims) && older.bytes == whole->bytes);
  CHECK(!memcmp((char *)&older + OLD_SIZE, (char *)&untouched + OLD_SIZE, sizeof older - OLD_SIZE));
}

// Returns how many are quantized.
static size_t check_all(const pf_model *model, const pf_session *session, size_t count,
                        pf_status (*of_model)(const pf_model *, size_t, pf_tensor_info *),
                        pf_status (*of_session)(const pf_session *, size_t, pf_tensor_info *)) {
  size_t quantized = 0;
  for (size_t i = 0; i < count; i++) {
    pf_tensor_info declared = PF_TENSOR_INFO_INIT, planned = PF_TENSOR_INFO_INIT;
    CHECK(of_model(model, i, &declared) == PF_OK && of_session(session, i, &planned) == PF_OK);
    check(&declared);
    check(&planned);
    CHECK(declared.scale_count == planned.scale_count && declared.scales == planned.scales);
    CHECK(declared.zero_points == planned.zero_points && declared.quantized_dim == planned.quantized_dim);
    check_older(of_model, model, i, &declared);
    quantized += declared.scale_count > 0;
  }
  return quantized;
}

// The values of the golden model, as Tests/RuntimeTests/TestGraph.swift has them.
static void check_golden(const pf_model *model) {
  static const float scales[] = {0.5f, 0.25f, 0.125f, 3};
  static const int32_t zero_points[] = {0, -1, 127, -128};
  pf_tensor_info pixels = PF_TENSOR_INFO_INIT, weights = PF_TENSOR_INFO_INIT, columns = PF_TENSOR_INFO_INIT;
  CHECK(pf_model_input_info(model, 0, &pixels) == PF_OK && !strcmp(pixels.name, "pixels"));
  CHECK(pixels.type == PF_UINT8 && pixels.scale_count == 1 && pixels.quantized_dim == -1);
  CHECK(pixels.scales[0] == 0.0078125f && pixels.zero_points[0] == 128);
  CHECK(pf_model_input_info(model, 1, &weights) == PF_OK && !strcmp(weights.name, "weights"));
  CHECK(pf_model_output_info(model, 1, &columns) == PF_OK && !strcmp(columns.name, "columns"));
  const pf_tensor_info *turned[] = {&weights, &columns};
  for (int32_t dim = 0; dim < 2; dim++) {
    CHECK(turned[dim]->type == PF_INT8 && turned[dim]->scale_count == 4 && turned[dim]->quantized_dim == dim);
    CHECK(!memcmp(turned[dim]->scales, scales, sizeof scales));
    CHECK(!memcmp(turned[dim]->zero_points, zero_points, sizeof zero_points));
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  pf_session *session = create_session(model, 1);
  size_t quantized =
      check_all(model, session, pf_model_input_count(model), pf_model_input_info, pf_session_input_info) +
      check_all(model, session, pf_model_output_count(model), pf_model_output_info, pf_session_output_info);
  if (strstr(argv[1], "quantized.pfmodel")) {
    CHECK(quantized == 6);
    check_golden(model);
  }
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}
