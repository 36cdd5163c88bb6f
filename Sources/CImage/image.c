#include "decoders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t jpeg_signature[] = {0xFF, 0xD8, 0xFF};
static const uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
static const uint8_t bmp_signature[] = {'B', 'M'};

static int starts_with(const uint8_t *bytes, size_t length, const uint8_t *signature, size_t signature_length) {
  return length >= signature_length && memcmp(bytes, signature, signature_length) == 0;
}

// The image as it was held: orientations 5 to 8 exchange rows and columns, and some are mirrored. The pixel at (x, y)
// of the upright image is that at (x, y) or (y, x) of the other, counted from its right or its lower edge.
static int make_upright(image *image) {
  int orientation = image->orientation;
  if (orientation <= 1) return 1;
  int is_transposed = orientation >= 5;
  int from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  int from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  struct image upright = {0};
  if (!image_allocate(&upright, is_transposed ? image->height : image->width,
                      is_transposed ? image->width : image->height)) {
    memcpy(image->message, upright.message, sizeof image->message);
    return 0;
  }
  uint8_t *to = upright.rgb;
  for (size_t y = 0; y < upright.height; y++)
    for (size_t x = 0; x < upright.width; x++, to += 3) {
      size_t column = is_transposed ? y : x, row = is_transposed ? x : y;
      if (from_right) column = image->width - 1 - column;
      if (from_below) row = image->height - 1 - row;
      memcpy(to, image->rgb + 3 * (row * image->width + column), 3);
    }
  free(image->rgb);
  *image = upright;
  return 1;
}

int image_decode(const uint8_t *bytes, size_t length, image *image) {
  memset(image, 0, sizeof *image);
  int decoded = 0;
  if (starts_with(bytes, length, jpeg_signature, sizeof jpeg_signature))
    decoded = image_decode_jpeg(bytes, length, image);
  else if (starts_with(bytes, length, png_signature, sizeof png_signature))
    decoded = image_decode_png(bytes, length, image);
  else if (length >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
    decoded = image_decode_webp(bytes, length, image);
  else if (starts_with(bytes, length, bmp_signature, sizeof bmp_signature))
    decoded = image_decode_bmp(bytes, length, image);
  else
    snprintf(image->message, sizeof image->message, "is no JPEG, PNG, WebP or BMP file");
  if (!decoded || !make_upright(image)) {
    decoded = 0;
    free(image->rgb);
    image->rgb = NULL;
  }
  return decoded;
}

int image_allocate(image *image, size_t width, size_t height) {
  if (width == 0 || height == 0 || width > IMAGE_MAX_PIXELS / height) {
    snprintf(image->message, sizeof image->message, "has %zu × %zu pixels, and at most %u can be read",
             width, height, IMAGE_MAX_PIXELS);
    return 0;
  }
  image->width = width;
  image->height = height;
  image->rgb = malloc(3 * width * height);
  if (!image->rgb)
    snprintf(image->message, sizeof image->message, "has %zu × %zu pixels, which do not fit in memory", width, height);
  return image->rgb != NULL;
}
