#ifndef PREFACTOR_IMAGE_H
#define PREFACTOR_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// The longest side of an image, in pixels.
#define PF_IMAGE_SIDE 65536

// One side of an image and of the output, which is part of the resized image: as many of its pixels as `target`, after
// `margin` of them.
typedef struct pf_image_axis {
  int32_t source, target;    // pixels of the image and of the output
  double scale;              // pixels of the image for one of the resized image
  double margin;
} pf_image_axis;

// An 8-bit RGB image that becomes planes of floats. Resizing is Pillow's `resize(..., BILINEAR)`, to the bit: a
// triangle filter that widens with the reduction, in fixed point with 22 bits after the point, rounded to 8 bits after
// the rows and again after the columns.
typedef struct pf_image {
  const uint8_t *rgb;        // rows of 3 · columns.source bytes
  size_t row_bytes;          // from one to the next
  pf_image_axis columns, rows;
  int32_t planes;            // 3: red, green, blue; 1: gray, Pillow's "L", made before resizing
  const float *values;       // 256 for each plane: what becomes of an 8-bit number
  float *output;             // rows one after the other
  int64_t pixel_stride, plane_stride; // floats; of either sign
} pf_image;

#endif
