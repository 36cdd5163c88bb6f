#include "decoders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t jpeg_signature[] = {0xFF, 0xD8, 0xFF};
static const uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static int starts_with(const uint8_t *bytes, size_t length, const uint8_t *signature, size_t signature_length) {
  return length >= signature_length && memcmp(bytes, signature, signature_length) == 0;
}

int image_decode(const uint8_t *bytes, size_t length, image *image) {
  memset(image, 0, sizeof *image);
  int decoded = 0;
  if (starts_with(bytes, length, jpeg_signature, sizeof jpeg_signature)) decoded = image_decode_jpeg(bytes, length, image);
  else if (starts_with(bytes, length, png_signature, sizeof png_signature)) decoded = image_decode_png(bytes, length, image);
  else snprintf(image->message, sizeof image->message, "is neither a JPEG nor a PNG file");
  if (!decoded) {
    free(image->rgb);
    image->rgb = NULL;
  }
  return decoded;
}

int image_allocate(image *image, size_t width, size_t height) {
  if (width == 0 || height == 0 || width > IMAGE_MAX_PIXELS / height) {
    snprintf(image->message, sizeof image->message, "has %zu × %zu pixels, and at most %u can be read", width, height, IMAGE_MAX_PIXELS);
    return 0;
  }
  image->width = width;
  image->height = height;
  image->rgb = malloc(3 * width * height);
  if (!image->rgb) snprintf(image->message, sizeof image->message, "has %zu × %zu pixels, which do not fit in memory", width, height);
  return image->rgb != NULL;
}
