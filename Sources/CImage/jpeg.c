#include "decoders.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
// After stdio.h, which it needs.
#include <jpeglib.h>
#include <jerror.h>

// A progressive file of a megabyte can hold thousands of scans of its whole area, and take minutes; encoders write
// about ten.
enum { max_scans = 500 };

typedef struct decoder {
  struct jpeg_decompress_struct base;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf failed;
  image *image;
} decoder;

static void fail(j_common_ptr base) {
  decoder *self = base->client_data;
  char reason[JMSG_LENGTH_MAX];
  base->err->format_message(base, reason);
  snprintf(self->image->message, sizeof self->image->message, "is damaged: %s", reason);
  longjmp(self->failed, 1);
}

// Data that ends early, with the file or at a mark for the image's end, is only a warning to libjpeg, which fills up
// with gray. Other warnings are common and harmless.
static void warn(j_common_ptr base, int level) {
  decoder *self = base->client_data;
  int code = base->err->msg_code, marker = self->base.unread_marker;
  if (level < 0 && (code == JWRN_JPEG_EOF || (code == JWRN_HIT_MARKER && marker == JPEG_EOI))) fail(base);
}

static void check_scans(j_common_ptr base) {
  decoder *self = base->client_data;
  if (self->base.input_scan_number <= max_scans) return;
  snprintf(self->image->message, sizeof self->image->message, "has more than %d scans", max_scans);
  longjmp(self->failed, 1);
}

// Adobe writes 255 for no ink, and so does everybody else: each is what is left of white, of which black leaves `key`
// at the most. The rounding is Pillow's.
static void convert_inks(const JSAMPLE *inks, uint8_t *rgb, size_t width) {
  for (size_t x = 0; x < width; x++, inks += 4, rgb += 3) {
    int key = inks[3];
    for (int i = 0; i < 3; i++) {
      int product = (255 - inks[i]) * key + 128;
      rgb[i] = (uint8_t)(key - (((product >> 8) + product) >> 8));
    }
  }
}

static int decode(decoder *self, const uint8_t *bytes, size_t length) {
  struct jpeg_decompress_struct *base = &self->base;
  if (setjmp(self->failed)) return 0;
  jpeg_create_decompress(base);
  base->client_data = self;
  base->progress = &self->progress;
  jpeg_mem_src(base, bytes, length);
  jpeg_save_markers(base, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(base, TRUE);
  for (jpeg_saved_marker_ptr marker = base->marker_list; marker; marker = marker->next)
    if (marker->data_length >= 6 && memcmp(marker->data, "Exif\0", 6) == 0)
      self->image->orientation = image_exif_orientation(marker->data, marker->data_length);
  int is_cmyk = base->jpeg_color_space == JCS_CMYK || base->jpeg_color_space == JCS_YCCK;
  base->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  if (!image_allocate(self->image, base->image_width, base->image_height)) return 0;
  jpeg_start_decompress(base);
  JSAMPARRAY inks =
      is_cmyk ? base->mem->alloc_sarray((j_common_ptr)base, JPOOL_IMAGE, 4 * base->output_width, 1) : NULL;
  while (base->output_scanline < base->output_height) {
    JSAMPROW row = self->image->rgb + 3 * self->image->width * base->output_scanline;
    jpeg_read_scanlines(base, is_cmyk ? inks : &row, 1);
    if (is_cmyk) convert_inks(inks[0], row, self->image->width);
  }
  jpeg_finish_decompress(base);
  return 1;
}

int image_decode_jpeg(const uint8_t *bytes, size_t length, image *image) {
  decoder self = {.image = image};
  self.base.err = jpeg_std_error(&self.errors);
  self.base.client_data = &self;
  self.errors.error_exit = fail;
  self.errors.emit_message = warn;
  self.progress.progress_monitor = check_scans;
  int decoded = decode(&self, bytes, length);
  jpeg_destroy_decompress(&self.base);
  return decoded;
}
