#include "decoders.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// libwebp is loaded when the first such file is read, so that neither building nor running the command line needs it.
// These two functions have been the same since its version 0.1; the shared object's number says so.
typedef int get_info_function(const uint8_t *bytes, size_t length, int *width, int *height);
typedef uint8_t *decode_function(const uint8_t *bytes, size_t length, uint8_t *rgb, size_t size, int row_bytes);

static int orientation(const uint8_t *bytes, size_t length) {
  for (size_t offset = 12; length - offset >= 8;) {
    const uint8_t *chunk = bytes + offset;
    size_t size = chunk[4] | chunk[5] << 8 | chunk[6] << 16 | (size_t)chunk[7] << 24;
    if (size > length - offset - 8) return 1;
    if (memcmp(chunk, "EXIF", 4) == 0) return image_exif_orientation(chunk + 8, size);
    offset += 8 + size;
    if (size % 2 && offset < length) offset++;
  }
  return 1;
}

int image_decode_webp(const uint8_t *bytes, size_t length, image *image) {
  void *library = dlopen("libwebp.so.7", RTLD_NOW | RTLD_LOCAL);
  get_info_function *get_info = library ? (get_info_function *)dlsym(library, "WebPGetInfo") : NULL;
  decode_function *decode = library ? (decode_function *)dlsym(library, "WebPDecodeRGBInto") : NULL;
  if (!get_info || !decode) {
    snprintf(image->message, sizeof image->message,
             "is a WebP file, which takes the library libwebp.so.7 to read (Debian's package libwebp7)");
    return 0;
  }
  int width, height;
  if (!get_info(bytes, length, &width, &height)) {
    snprintf(image->message, sizeof image->message, "is damaged: libwebp finds no image in it");
    return 0;
  }
  if (!image_allocate(image, (size_t)width, (size_t)height)) return 0;
  size_t row_bytes = 3 * image->width;
  if (!decode(bytes, length, image->rgb, row_bytes * image->height, (int)row_bytes)) {
    snprintf(image->message, sizeof image->message, "is damaged or animated: libwebp cannot decode it");
    return 0;
  }
  image->orientation = orientation(bytes, length);
  return 1;
}
