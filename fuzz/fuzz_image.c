// Images as the command line reads them. Chunks of a PNG carry checksums, which are made right first.
#include <image.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc32(const uint8_t *bytes, size_t count) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

static uint32_t load(const uint8_t *from) { return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3]; }

static void repair(uint8_t *file, size_t length) {
  if (length < 8 || memcmp(file, "\x89PNG\r\n\x1a\n", 8) != 0) return;
  for (size_t at = 8; length - at >= 12;) {
    size_t size = load(file + at);
    if (size > length - at - 12) return;
    uint32_t crc = crc32(file + at + 4, size + 4);
    uint8_t *to = file + at + 8 + size;
    for (int i = 0; i < 4; i++) to[i] = (uint8_t)(crc >> (24 - 8 * i));
    at += size + 12;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *file = malloc(size ? size : 1);
  if (!file) return 0;
  memcpy(file, data, size);
  repair(file, size);
  image image;
  if (image_decode(file, size, &image)) free(image.rgb);
  free(file);
  return 0;
}
