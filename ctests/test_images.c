// Images of any size become the input as the preprocessing says, without reading beyond their last pixel.
#include "guarded.h"
#include <math.h>

static pf_preprocessing preprocessing = PF_PREPROCESSING_INIT;
static pf_session *session;
static pf_tensor_info input = PF_TENSOR_INFO_INIT;

static void load_large(pf_model *model, int threads, const uint8_t *image, size_t width, size_t height, float *pixels) {
  pf_session *other = create_session(model, threads);
  pf_error error;
  // It is runs that can be cancelled, and there is none.
  pf_session_cancel(other);
  CHECK_OK(pf_session_load_image(other, 0, 0, image, width, height, 3 * width, &error), error);
  memcpy(pixels, pf_session_input_buffer(other, 0), input.bytes / (size_t)input.dims[0]);
  pf_session_destroy(other);
}

// Bits depend on neither the instruction set nor the number of threads, for which the image is large enough.
static void check_bits(pf_model *model) {
  const size_t width = 900, height = 700, bytes = input.bytes / (size_t)input.dims[0];
  uint8_t *image = malloc(3 * width * height);
  uint64_t state = 1;
  for (size_t i = 0; i < 3 * width * height; i++)
    image[i] = (uint8_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
  float *expected = malloc(bytes), *pixels = malloc(bytes);
  const char *set = getenv("PREFACTOR_ISA");
  char *saved = set ? strdup(set) : NULL;
  CHECK(setenv("PREFACTOR_ISA", "scalar", 1) == 0);
  load_large(model, 1, image, width, height, expected);
  CHECK((saved ? setenv("PREFACTOR_ISA", saved, 1) : unsetenv("PREFACTOR_ISA")) == 0);
  for (int threads = 1; threads <= 4; threads++) {
    load_large(model, threads, image, width, height, pixels);
    CHECK(memcmp(expected, pixels, bytes) == 0);
  }
  free(saved);
  free(pixels);
  free(expected);
  free(image);
}

// An image of one color stays of that color at every size.
static void check_colour(size_t width, size_t height, size_t padding, guarded_side side) {
  const uint8_t color[3] = {200, 100, 50};
  size_t row_bytes = 3 * width + padding, bytes = row_bytes * (height - 1) + 3 * width;
  guarded image = guarded_allocate(bytes, side);
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) memcpy(image.data + y * row_bytes + 3 * x, color, 3);
  guarded_make_read_only(&image);
  float *pixels = pf_session_input_buffer(session, 0);
  memset(pixels, 0xFF, input.bytes);
  pf_error error;
  CHECK_OK(pf_session_load_image(session, 0, 0, (uint8_t *)image.data, width, height, row_bytes, &error), error);

  int is_last = preprocessing.layout == PF_LAYOUT_CHANNELS_LAST;
  size_t channels = (size_t)input.dims[is_last ? 3 : 1],
         plane = (size_t)(input.dims[is_last ? 1 : 2] * input.dims[is_last ? 2 : 3]);
  for (size_t channel = 0; channel < channels; channel++) {
    float value = color[preprocessing.channels == PF_CHANNELS_BGR ? 2 - channel : channel];
    if (preprocessing.channels == PF_CHANNELS_GRAY) value = 124; // 0.299 · 200 + 0.587 · 100 + 0.114 · 50
    float expected = (value - preprocessing.mean[channel]) / preprocessing.deviation[channel];
    for (size_t i = 0; i < plane; i++) {
      float pixel = pixels[is_last ? i * channels + channel : channel * plane + i];
      CHECK(fabsf(pixel - expected) <= 1e-5f * fmaxf(1, fabsf(expected)));
    }
  }
  guarded_free(&image);
}

static void check_refusals(void) {
  pf_error error;
  const uint8_t image[12] = {0};
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, NULL, 2, 2, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, 0, 2, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, 2, 0, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, 2, 2, 5, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, SIZE_MAX, 2, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, SIZE_MAX / 3 + 1, 2, 6, &error),
              error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, 2, SIZE_MAX, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, 2, 2, SIZE_MAX, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, 0, image, 2, 3, SIZE_MAX / 4, &error),
              error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT,
              pf_session_load_image(session, 0, (size_t)input.dims[0], image, 2, 2, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 0, SIZE_MAX, image, 2, 2, 6, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(session, 100, 0, image, 2, 2, 6, &error), error);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  session = create_session(model, 1);
  CHECK(pf_session_input_info(session, 0, &input) == PF_OK);
  pf_status status = pf_model_preprocessing(model, &preprocessing);
  if (status != PF_OK) {
    pf_error error;
    const uint8_t pixel[3] = {0};
    CHECK_FAILS(PF_ERROR_UNSUPPORTED, pf_session_load_image(session, 0, 0, pixel, 1, 1, 3, &error), error);
  } else {
    check_refusals();
    check_bits(model);
    const size_t sizes[][2] = {{1, 1}, {1, 7}, {5, 1}, {2, 3}, {64, 64}, {63, 65}, {3, 2000}, {2000, 3}, {640, 480},
                               {1, 65536}, {65536, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      check_colour(sizes[i][0], sizes[i][1], 0, AGAINST_PAGE_BEFORE);
      check_colour(sizes[i][0], sizes[i][1], 0, AGAINST_PAGE_AFTER);
      check_colour(sizes[i][0], sizes[i][1], 5, AGAINST_PAGE_AFTER);
    }
  }
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}
