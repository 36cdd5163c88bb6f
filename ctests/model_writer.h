// Writes a .pfmodel (docs/model-format.md, version 1) into memory, so that tests can say what no compiler would.
#ifndef MODEL_WRITER_H
#define MODEL_WRITER_H

#include "support.h"

enum {
  STRINGS, VALUES, NODES, OPERANDS, ATTRIBUTES, INPUTS, OUTPUTS, LAYERS, LABELS, METADATA, PREPROCESSING, WEIGHTS,
  SECTIONS
};
enum { COMPUTED = 0, INPUT = 1, PLAIN = 2, PANELS = 3, TAPS_FIRST = 4 };
enum { CONVOLUTION = 1, POOL = 4, RESPONSE_NORMALIZATION = 5, UNARY = 10, BINARY = 11, CONCATENATION = 20, TILE = 26 };

typedef struct section { uint8_t *bytes; size_t length, capacity; } section;
typedef struct model_writer { section sections[SECTIONS]; uint32_t values; } model_writer;

static inline void put(section *to, const void *bytes, size_t length) {
  if (to->length + length > to->capacity) {
    to->capacity = 2 * (to->length + length);
    to->bytes = realloc(to->bytes, to->capacity);
    CHECK(to->bytes);
  }
  if (length) memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
}
static inline void put32(section *to, uint32_t word) { put(to, &word, sizeof word); }
static inline void put64(section *to, uint64_t word) { put(to, &word, sizeof word); }

static inline uint32_t add_string(model_writer *model, const char *text) {
  uint32_t offset = (uint32_t)model->sections[STRINGS].length;
  put(&model->sections[STRINGS], text, strlen(text) + 1);
  return offset;
}

// Floats; the sign of a dimension is the caller's. A constant begins at `offset` of the weights.
static inline uint32_t add_value(model_writer *model, const char *name, uint32_t kind, int rank, const int32_t *dims,
                                 uint64_t offset, uint32_t groups) {
  section *values = &model->sections[VALUES];
  put32(values, add_string(model, name));
  put32(values, 1);
  put32(values, kind);
  put32(values, (uint32_t)rank);
  for (int i = 0; i < 8; i++) put32(values, i < rank ? (uint32_t)dims[i] : 0);
  put64(values, offset);
  put32(values, groups);
  put32(values, 0);
  if (kind == INPUT) put32(&model->sections[INPUTS], model->values);
  return model->values++;
}

static inline void add_operand(model_writer *model, uint32_t value) { put32(&model->sections[OPERANDS], value); }

// A node that reads the last `inputs` operands added.
static inline void add_node(model_writer *model, uint32_t code, const char *name, uint32_t inputs, uint32_t output,
                            const uint32_t *attributes, uint32_t count) {
  section *nodes = &model->sections[NODES];
  put32(nodes, code);
  put32(nodes, add_string(model, name));
  put32(nodes, (uint32_t)(model->sections[OPERANDS].length / 4) - inputs);
  put32(nodes, inputs);
  put32(nodes, output);
  put32(nodes, (uint32_t)(model->sections[ATTRIBUTES].length / 4));
  put32(nodes, count);
  put32(nodes, UINT32_MAX);
  put(&model->sections[ATTRIBUTES], attributes, 4 * count);
}

static inline uint32_t crc32c(const void *bytes, size_t count) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) {
    crc ^= ((const uint8_t *)bytes)[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
  }
  return ~crc;
}

// The file, aligned as pf_model_open_memory needs it, for free(). The writer is empty again.
static inline void *write_model(model_writer *model, size_t *length) {
  static const uint64_t strides[SECTIONS] = {1, 64, 32, 4, 4, 4, 4, 64, 4, 8, 48, 1};
  section body = {0}, table = {0}, header = {0};
  const uint64_t start = 64 + 32 * SECTIONS;
  for (uint32_t kind = 0; kind < SECTIONS; kind++) {
    section *part = &model->sections[kind];
    while ((start + body.length) % 64) put(&body, "", 1);
    put32(&table, kind + 1);
    put32(&table, crc32c(part->bytes, part->length));
    put64(&table, start + body.length);
    put64(&table, part->length);
    put64(&table, part->length / strides[kind]);
    put(&body, part->bytes, part->length);
    free(part->bytes);
  }
  put(&header, "\x89PFM\r\n\x1a\n", 8);
  put32(&header, 1);
  put32(&header, SECTIONS);
  put64(&header, start + body.length);
  put32(&header, crc32c(table.bytes, table.length));
  put32(&header, crc32c(header.bytes, header.length));
  while (header.length < 64) put(&header, "", 1);
  *length = start + body.length;
  uint8_t *file = aligned_alloc(64, (*length + 63) / 64 * 64);
  CHECK(file);
  memcpy(file, header.bytes, 64);
  memcpy(file + 64, table.bytes, table.length);
  memcpy(file + start, body.bytes, body.length);
  free(header.bytes);
  free(table.bytes);
  free(body.bytes);
  memset(model, 0, sizeof *model);
  return file;
}

// An average over windows of `side` squared, of an image of size squared and so many channels: the work of hours in a
// kilobyte.
static inline void *pool_model(int32_t size, int32_t channels, uint32_t side, const char *name, size_t *length) {
  model_writer model = {0};
  const int32_t image[] = {1, size, size, channels},
                result[] = {1, size - (int32_t)side + 1, size - (int32_t)side + 1, channels};
  const uint32_t window[] = {side, side, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0};
  uint32_t input = add_value(&model, "image", INPUT, 4, image, 0, 0);
  uint32_t output = add_value(&model, "pooled", COMPUTED, 4, result, 0, 0);
  add_operand(&model, input);
  add_node(&model, POOL, name, 1, output, window, 14);
  put32(&model.sections[OUTPUTS], output);
  return write_model(&model, length);
}

#endif
