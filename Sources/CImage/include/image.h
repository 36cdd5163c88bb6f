// Decodes JPEG and PNG files in memory to 8-bit RGB. libjpeg and libpng report errors with longjmp, which must not cross Swift frames:
// here they end as a message.
#ifndef PREFACTOR_IMAGE_H
#define PREFACTOR_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// More pixels than this are refused before memory is taken for them: a file of a few kilobytes can claim millions of rows.
#define IMAGE_MAX_PIXELS (1u << 27)

typedef struct image {
  uint8_t *rgb;  // malloc'ed; rows of 3 * width bytes
  size_t width, height;
  char message[256];  // of a failure
} image;

// Returns 1, or 0 with a message and nothing to free. Gray and palettes become RGB. Transparency is ignored, as in Pillow's
// convert("RGB"): what lies under it shows. So are colour profiles and the EXIF orientation. CMYK and 16-bit images are refused.
int image_decode(const uint8_t *bytes, size_t length, image *image);

#endif
