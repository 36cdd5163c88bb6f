#ifndef PREFACTOR_DECODERS_H
#define PREFACTOR_DECODERS_H

#include "image.h"

// Each fills an image that is zeroed. A failure may leave `rgb` allocated: image_decode frees it.
int image_decode_jpeg(const uint8_t *bytes, size_t length, image *image);
int image_decode_png(const uint8_t *bytes, size_t length, image *image);

// Takes memory for an image of this size; a failure leaves a message.
int image_allocate(image *image, size_t width, size_t height);

#endif
