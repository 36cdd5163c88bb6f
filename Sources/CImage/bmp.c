#include "decoders.h"

#include <stdio.h>
#include <string.h>

// BMP as Windows and every editor write it: without compression, of 1, 4, 8, 16, 24 or 32 bits a pixel. The libraries
// that read more of it read fifty other formats too, or want their structures compiled in (libnsbmp), which is more
// than this file.

enum { file_header = 14, core_header = 12, info_header = 40 };
enum { uncompressed = 0, bit_fields = 3 };

typedef struct channel {
  uint32_t mask, shift, largest;
} channel;

static uint32_t number(const uint8_t *bytes, int size) {
  uint32_t result = 0;
  for (int i = size - 1; i >= 0; i--) result = result << 8 | bytes[i];
  return result;
}

static int fail(image *image, const char *reason) {
  snprintf(image->message, sizeof image->message, "is a BMP file that %s", reason);
  return 0;
}

// The bits of a mask must lie together, which a damaged one's need not.
static int channel_of_mask(uint32_t mask, channel *channel) {
  if (mask == 0) return 0;
  channel->mask = mask;
  channel->shift = (uint32_t)__builtin_ctz(mask);
  channel->largest = mask >> channel->shift;
  return (channel->largest & (channel->largest + 1)) == 0;
}

static uint8_t value(const channel *channel, uint32_t pixel) {
  return (uint8_t)((uint64_t)((pixel & channel->mask) >> channel->shift) * 255 / channel->largest);
}

int image_decode_bmp(const uint8_t *bytes, size_t length, image *image) {
  if (length < file_header + core_header) return fail(image, "ends early");
  size_t pixels = number(bytes + 10, 4);
  const uint8_t *header = bytes + file_header;
  size_t header_size = number(header, 4);
  int is_core = header_size == core_header;
  if (!is_core && header_size < info_header) return fail(image, "has an unknown header");
  if (header_size > length - file_header) return fail(image, "ends early");
  int64_t width = is_core ? (int64_t)number(header + 4, 2) : (int32_t)number(header + 4, 4);
  int64_t height = is_core ? (int64_t)number(header + 6, 2) : (int32_t)number(header + 8, 4);
  uint32_t bits = number(header + (is_core ? 10 : 14), 2);
  uint32_t compression = is_core ? uncompressed : number(header + 16, 4);
  uint32_t palette_count = is_core ? 0 : number(header + 32, 4);
  if (width < 0) return fail(image, "has a negative width");
  if (compression != uncompressed && compression != bit_fields)
    return fail(image, "is compressed: save it without compression");
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
    return fail(image, "has an unknown number of bits a pixel");
  if (compression == bit_fields && bits != 16 && bits != 32)
    return fail(image, "has bit fields where there can be none");

  const uint8_t *after_header = header + header_size;
  size_t left = length - file_header - header_size;
  int is_top_down = height < 0;
  if (!image_allocate(image, (size_t)width, (size_t)(is_top_down ? -height : height))) return 0;

  channel channels[3];
  uint32_t masks[3] = {bits == 16 ? 0x7C00 : 0xFF0000, bits == 16 ? 0x3E0 : 0xFF00, bits == 16 ? 0x1F : 0xFF};
  if (compression == bit_fields) {
    // Behind the oldest header, inside of later ones: in either case 40 bytes after its start.
    if (header_size == info_header && left < 12) return fail(image, "ends early");
    if (header_size > info_header && header_size < info_header + 12) return fail(image, "has an unknown header");
    for (int i = 0; i < 3; i++) masks[i] = number(header + info_header + 4 * i, 4);
  }
  for (int i = 0; i < 3; i++)
    if (!channel_of_mask(masks[i], channels + i)) return fail(image, "has bit fields that are none");

  size_t entry = is_core ? 3 : 4;
  if (bits <= 8 && (palette_count == 0 || palette_count > 1u << bits)) palette_count = 1u << bits;
  if (bits <= 8 && left / entry < palette_count) return fail(image, "ends early");

  size_t row_bytes = ((size_t)width * bits + 31) / 32 * 4;
  if (pixels < file_header + header_size || pixels > length || (length - pixels) / row_bytes < image->height)
    return fail(image, "ends early");
  for (size_t y = 0; y < image->height; y++) {
    const uint8_t *row = bytes + pixels + y * row_bytes;
    uint8_t *rgb = image->rgb + 3 * image->width * (is_top_down ? y : image->height - 1 - y);
    for (size_t x = 0; x < image->width; x++, rgb += 3) {
      if (bits <= 8) {
        uint32_t index = row[x * bits / 8] >> (8 - bits - x * bits % 8) & ((1u << bits) - 1);
        if (index >= palette_count) return fail(image, "has a pixel of a color that is not in its palette");
        for (int i = 0; i < 3; i++) rgb[i] = after_header[index * entry + 2 - i];
      } else {
        uint32_t pixel = number(row + x * bits / 8, (int)bits / 8);
        for (int i = 0; i < 3; i++) rgb[i] = value(channels + i, pixel);
      }
    }
  }
  return 1;
}
