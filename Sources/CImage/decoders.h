#ifndef PREFACTOR_DECODERS_H
#define PREFACTOR_DECODERS_H

#include "image.h"

// Each fills an image that is zeroed. A failure may leave `rgb` allocated: image_decode frees it.
int image_decode_jpeg(const uint8_t *bytes, size_t length, image *image);
int image_decode_png(const uint8_t *bytes, size_t length, image *image);
int image_decode_webp(const uint8_t *bytes, size_t length, image *image);
int image_decode_bmp(const uint8_t *bytes, size_t length, image *image);

// Takes memory for an image of this size; a failure leaves a message.
int image_allocate(image *image, size_t width, size_t height);

// What EXIF data says of an image's orientation, from 1 to 8; 1, which is upright, where it says nothing that can be
// read.
int image_exif_orientation(const uint8_t *bytes, size_t length);

#endif
