#include "decoders.h"

#include <string.h>

// A TIFF header and its first directory are all that matters here: entries of 12 bytes, of which tag 0x0112 is the
// orientation.
enum { orientation_tag = 0x0112, short_type = 3 };

static unsigned number(const uint8_t *bytes, int size, int big_endian) {
  unsigned result = 0;
  for (int i = 0; i < size; i++) result = result << 8 | bytes[big_endian ? i : size - 1 - i];
  return result;
}

int image_exif_orientation(const uint8_t *bytes, size_t length) {
  if (length >= 6 && memcmp(bytes, "Exif\0", 6) == 0) bytes += 6, length -= 6;
  if (length < 8) return 1;
  int big_endian = memcmp(bytes, "MM\0*", 4) == 0;
  if (!big_endian && memcmp(bytes, "II*\0", 4) != 0) return 1;
  size_t offset = number(bytes + 4, 4, big_endian);
  if (offset > length - 2) return 1;
  unsigned count = number(bytes + offset, 2, big_endian);
  const uint8_t *entry = bytes + offset + 2;
  for (size_t left = length - offset - 2; count > 0 && left >= 12; count--, entry += 12, left -= 12) {
    if (number(entry, 2, big_endian) != orientation_tag || number(entry + 2, 2, big_endian) != short_type) continue;
    unsigned orientation = number(entry + 8, 2, big_endian);
    return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
  }
  return 1;
}
