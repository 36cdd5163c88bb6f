/*
 * classify MODEL.pfmodel IMAGE.png... prints the five likeliest classes of each image.
 *
 *     gcc classify.c -o classify $(pkg-config --cflags --libs prefactor libpng)
 *
 * The scores are the network's last output: probabilities, where it ends in a softmax.
 */
#include <png.h>
#include <prefactor.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TOP 5

/* The pixels of a PNG as 8-bit RGB on black, to be freed; NULL if there are none. */
static uint8_t *read_png(const char *path, size_t *width, size_t *height) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  uint8_t *rgb = NULL;
  if (png_image_begin_read_from_file(&image, path)) {
    image.format = PNG_FORMAT_RGB;
    rgb = calloc(1, PNG_IMAGE_SIZE(image));
    if (rgb && !png_image_finish_read(&image, NULL, rgb, 0, NULL)) {
      free(rgb);
      rgb = NULL;
    }
  }
  if (!rgb) fprintf(stderr, "%s: %s\n", path, image.message[0] ? image.message : "out of memory");
  *width = image.width;
  *height = image.height;
  png_image_free(&image);
  return rgb;
}

static void print_likeliest(const pf_model *model, const float *scores, size_t count) {
  size_t printed[TOP];
  for (size_t place = 0; place < TOP && place < count; place++) {
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
      int is_new = 1;
      for (size_t k = 0; k < place; k++) is_new = is_new && printed[k] != i;
      if (is_new && (best == count || scores[i] > scores[best])) best = i;
    }
    printed[place] = best;
    const char *label = pf_model_label(model, best);
    if (label) printf("  %.4f  %s\n", scores[best], label);
    else printf("  %.4f  class %zu\n", scores[best], best);
  }
}

/* Returns whether it could. */
static int classify(const pf_model *model, pf_session *session, const char *path) {
  size_t width, height;
  uint8_t *rgb = read_png(path, &width, &height);
  if (!rgb) return 0;
  pf_error error;
  pf_status status = pf_session_load_image(session, 0, 0, rgb, width, height, 3 * width, &error);
  free(rgb);
  if (status == PF_OK) status = pf_session_run(session, NULL, NULL, &error);
  if (status != PF_OK) {
    fprintf(stderr, "%s: %s\n", path, error.message);
    return 0;
  }
  size_t output = pf_model_output_count(model) - 1;
  pf_tensor_info info = PF_TENSOR_INFO_INIT;
  pf_session_output_info(session, output, &info);
  printf("%s:\n", path);
  print_likeliest(model, pf_session_output_buffer(session, output), info.bytes / sizeof(float));
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: classify MODEL.pfmodel IMAGE.png...\n");
    return 2;
  }
  pf_error error;
  pf_model *model = NULL;
  pf_session *session = NULL;
  int failures = 0;
  if (pf_model_open_file(argv[1], NULL, &model, &error) == PF_OK
      && pf_session_create(model, NULL, &session, &error) == PF_OK) {
    for (int i = 2; i < argc; i++) failures += !classify(model, session, argv[i]);
  } else {
    fprintf(stderr, "%s\n", error.message);
    failures++;
  }
  pf_session_destroy(session);
  pf_model_close(model);
  return failures > 0;
}
