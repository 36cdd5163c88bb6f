// libFuzzer on the C interface. Models carry checksums, which nothing but luck would pass: they are made right first,
// so that what is behind them is reached. Whatever opens is planned and run within limits; any trap, report of a
// sanitizer or run of more than some seconds is a finding.
#include <prefactor.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 64, ENTRY = 32, VERSION = 8, SECTION_COUNT = 12, FILE_LENGTH = 16, TABLE_CHECKSUM = 24, CHECKSUM = 28 };

static uint32_t crc32c(const uint8_t *bytes, size_t count) {
  static uint32_t table[256];
  if (!table[1])
    for (uint32_t i = 0; i < 256; i++) {
      table[i] = i;
      for (int bit = 0; bit < 8; bit++) table[i] = (table[i] >> 1) ^ (0x82F63B78u & (0u - (table[i] & 1)));
    }
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

static uint64_t load(const uint8_t *from, size_t size) {
  uint64_t value = 0;
  memcpy(&value, from, size);
  return value;
}

static void repair(uint8_t *file, uint64_t length) {
  if (length < HEADER) return;
  memcpy(file, "\x89PFM\r\n\x1a\n", 8);
  memcpy(file + FILE_LENGTH, &length, 8);
  uint64_t sections = load(file + SECTION_COUNT, 4);
  if (sections <= (length - HEADER) / ENTRY) {
    for (uint64_t i = 0; i < sections; i++) {
      uint8_t *entry = file + HEADER + i * ENTRY;
      uint64_t offset = load(entry + 8, 8), size = load(entry + 16, 8);
      if (offset > length || size > length - offset) continue;
      uint32_t checksum = crc32c(file + offset, size);
      memcpy(entry + 4, &checksum, 4);
    }
    uint32_t checksum = crc32c(file + HEADER, sections * ENTRY);
    memcpy(file + TABLE_CHECKSUM, &checksum, 4);
  }
  uint32_t checksum = crc32c(file, CHECKSUM);
  memcpy(file + CHECKSUM, &checksum, 4);
}

// An image of any shape, in rows that may lie apart. It ends where its last pixel does.
static void load_image(pf_session *session, uint64_t choices) {
  size_t width = 1 + choices % 97, height = 1 + choices / 97 % 89, row_bytes = 3 * width + choices % 5;
  size_t size = (height - 1) * row_bytes + 3 * width;
  uint8_t *pixels = malloc(size);
  if (!pixels) return;
  memset(pixels, 0x5A, size);
  pf_error error;
  pf_session_load_image(session, choices % 2, choices / 2 % 2, pixels, width, height, row_bytes, &error);
  free(pixels);
}

static void run(pf_model *model, uint64_t choices) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 1 + (choices & 1);
  options.low_memory = choices >> 1 & 1;
  options.batch = choices >> 2 & 3;
  options.height = options.width = choices >> 4 & 15;
  options.max_macs = 1 << 24;
  options.max_bytes = 1 << 26;
  pf_session *session;
  pf_error error;
  if (pf_session_create(model, &options, &session, &error) != PF_OK) return;
  if (pf_session_run(session, NULL, NULL, &error) != PF_OK) abort();
  for (size_t i = 0; i < pf_session_step_count(session); i++) {
    pf_step_info step = PF_STEP_INFO_INIT;
    if (pf_session_step_info(session, i, &step) != PF_OK) abort();
  }
  load_image(session, choices);
  pf_session_destroy(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Ends where the model does, so that a sanitizer sees what is read behind it.
  uint8_t *file = NULL;
  if (posix_memalign((void **)&file, 64, size ? size : 1) != 0) return 0;
  memcpy(file, data, size);
  repair(file, size);
  pf_model *model;
  pf_error error;
  if (pf_model_open_memory(file, size, NULL, &model, &error) == PF_OK) {
    for (size_t i = 0; i < pf_model_label_count(model); i++) (void)strlen(pf_model_label(model, i));
    for (size_t i = 0; i < pf_model_layer_count(model); i++) {
      pf_layer_info layer = PF_LAYER_INFO_INIT;
      if (pf_model_layer_info(model, i, &layer) != PF_OK) abort();
    }
    run(model, size ^ (size >> 7));
    pf_model_close(model);
  }
  free(file);
  return 0;
}
