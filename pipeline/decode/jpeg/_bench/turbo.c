/* Times libjpeg-turbo's decoding to raw planes and to RGB in milliseconds a file, the
   shortest of each in ROUNDS:

       turbo ROUNDS FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <jpeglib.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static unsigned char *planes[4];

static void decode(const unsigned char *data, size_t size, int raw) {
  struct jpeg_decompress_struct c;
  struct jpeg_error_mgr e;
  c.err = jpeg_std_error(&e);
  jpeg_create_decompress(&c);
  jpeg_mem_src(&c, data, size);
  jpeg_read_header(&c, TRUE);
  c.dct_method = JDCT_ISLOW;
  c.raw_data_out = raw;
  jpeg_start_decompress(&c);
  static JSAMPROW rows[4][32];
  JSAMPARRAY all[4] = {rows[0], rows[1], rows[2], rows[3]};
  if (!raw) {
    JSAMPROW row = planes[0];
    while (c.output_scanline < c.output_height) {
      JSAMPROW at = row + (size_t)c.output_scanline * c.output_width * c.output_components;
      jpeg_read_scanlines(&c, &at, 1);
    }
  } else {
    for (int y = 0; c.output_scanline < c.output_height; y++) {
      for (int i = 0; i < c.num_components; i++) {
        jpeg_component_info *p = &c.comp_info[i];
        size_t stride = p->width_in_blocks * 8 + 32;
        for (int k = 0; k < 8 * p->v_samp_factor; k++) rows[i][k] = planes[i] + (y * 8 * p->v_samp_factor + k) * stride;
      }
      jpeg_read_raw_data(&c, all, 8 * c.max_v_samp_factor);
    }
  }
  jpeg_finish_decompress(&c);
  jpeg_destroy_decompress(&c);
}

int main(int argc, char **argv) {
  int rounds = atoi(argv[1]), n = argc - 2;
  unsigned char **data = calloc(n, sizeof *data);
  size_t *size = calloc(n, sizeof *size);
  for (int i = 0; i < n; i++) {
    FILE *f = fopen(argv[i + 2], "rb");
    if (!f) return 1;
    fseek(f, 0, SEEK_END);
    size[i] = ftell(f);
    rewind(f);
    data[i] = malloc(size[i]);
    if (fread(data[i], 1, size[i], f) != size[i]) return 1;
    fclose(f);
  }
  for (int i = 0; i < 4; i++) planes[i] = malloc(64 << 20);
  for (int raw = 1; raw >= 0; raw--) {
    double sum = 0, *best = calloc(n, sizeof *best);
    for (int r = 0; r < rounds; r++)
      for (int i = 0; i < n; i++) {
        double start = now();
        decode(data[i], size[i], raw);
        double took = now() - start;
        if (r == 0 || took < best[i]) best[i] = took;
      }
    for (int i = 0; i < n; i++) sum += best[i];
    printf("%s %.3f\n", raw ? "planes" : "rgb", sum / n);
  }
  return 0;
}
