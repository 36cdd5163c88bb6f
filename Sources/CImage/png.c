#include "decoders.h"

#include <png.h>
#include <stdio.h>
#include <string.h>

typedef struct decoder {
  image *image;
  const uint8_t *bytes;
  size_t length;
} decoder;

static void fail(png_structp png, png_const_charp reason) {
  decoder *self = png_get_error_ptr(png);
  snprintf(self->image->message, sizeof self->image->message, "is damaged: %s", reason);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp reason) {
  (void)png;
  (void)reason;
}

static void read_bytes(png_structp png, png_bytep to, size_t count) {
  decoder *self = png_get_io_ptr(png);
  if (count > self->length) png_error(png, "the file ends early");
  memcpy(to, self->bytes, count);
  self->bytes += count;
  self->length -= count;
}

static int decode(decoder *self, png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png))) return 0;
  png_set_read_fn(png, self, read_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(png, info);
  if (!image_allocate(self->image, png_get_image_width(png, info), png_get_image_height(png, info))) return 0;
  png_set_strip_16(png);
  png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row_bytes = 3 * self->image->width;
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "its color type is unknown");
  for (int pass = 0; pass < passes; pass++)
    for (size_t y = 0; y < self->image->height; y++) png_read_row(png, self->image->rgb + y * row_bytes, NULL);
  png_read_end(png, info);
  png_bytep exif;
  png_uint_32 exif_length;
  if (png_get_eXIf_1(png, info, &exif_length, &exif))
    self->image->orientation = image_exif_orientation(exif, exif_length);
  return 1;
}

// libpng takes memory for some chunks, of as many bytes as they claim, before it reads them.
static int has_all_chunks(const uint8_t *bytes, size_t length) {
  for (size_t at = 8; length - at >= 12;) {
    size_t size = png_get_uint_32(bytes + at);
    if (size > length - at - 12) return 0;
    if (memcmp(bytes + at + 4, "IEND", 4) == 0) return 1;
    at += 12 + size;
  }
  return 0;
}

int image_decode_png(const uint8_t *bytes, size_t length, image *image) {
  if (!has_all_chunks(bytes, length)) {
    snprintf(image->message, sizeof image->message, "is damaged: the file ends early");
    return 0;
  }
  decoder self = {.image = image, .bytes = bytes, .length = length};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &self, fail, ignore_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  int decoded = 0;
  if (info) decoded = decode(&self, png, info);
  else snprintf(image->message, sizeof image->message, "cannot be read: out of memory");
  png_destroy_read_struct(&png, &info, NULL);
  return decoded;
}
