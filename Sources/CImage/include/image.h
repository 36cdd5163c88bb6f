// Decodes JPEG, PNG, WebP and BMP files in memory to 8-bit RGB. libjpeg and libpng report errors with longjmp, which
// must not cross Swift frames: here they end as a message.
#ifndef PREFACTOR_IMAGE_H
#define PREFACTOR_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// More pixels than this are refused before memory is taken for them: a file of a few kilobytes can claim millions of
// rows.
#define IMAGE_MAX_PIXELS (1u << 27)

typedef struct image {
  uint8_t *rgb;  // malloc'ed; rows of 3 * width bytes
  size_t width, height;
  int orientation;  // of EXIF, from 1 to 8, while it is decoded; what image_decode gives is upright
  char message[256];  // of a failure
} image;

// Returns 1, or 0 with a message and nothing to free. The image is upright, as EXIF says. Gray and palettes become RGB.
// Transparency is ignored, as in Pillow's convert("RGB"): what lies under it shows. So are color profiles. CMYK
// becomes RGB as Pillow converts it, by Adobe's inverted inks and without a profile. Of 16 bits a channel the upper 8
// count, as Pillow reads colors (its gray of 16 bits, which it cuts off at 255, is no example).
int image_decode(const uint8_t *bytes, size_t length, image *image);

#endif
