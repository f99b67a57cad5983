/* Writes the files of corpus.tar.gz into a folder, with libjpeg-turbo:

       cc corpus.c -o corpus -ljpeg && ./corpus FOLDER

   make.sh does this and the rest. Every picture is a smooth scene with an edge and
   stripes, so that all coefficients matter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <jpeglib.h>

static const char *folder;

enum kind { BASELINE, PROGRESSIVE, RESTART, APART, WIDE, OPTIMAL, ARITHMETIC, STEPS, PAUSES };
static const char *kinds[] = {"baseline", "progressive", "restart", "apart", "wide", "optimal", "arithmetic", "arithmetic-progressive", "arithmetic-restart"};

static int sample(int x, int y, int c, int w, int h) {
  double v = 127 + 120 * sin((x * (c + 2) + y) / 5.0) * cos((y - x * c) / 7.0);
  if (c == 1) v = 255 * fmod((double)x / w + (double)y / h, 1);
  if (x >= w / 4 && x < w / 2 && y >= h / 3 && y < h / 2) v = c == 0 ? 250 : 10 + 20 * c;
  if (x >= w / 2 && y >= h / 2 && y % 2 == 0) v = 20 + 110 * c;
  return v < 0 ? 0 : v > 255 ? 255 : (int)v;
}

/* Writes one file of n components, whose factors are h0 v0 h1 v1 ... */
static void make(const char *prefix, int w, int h, int n, J_COLOR_SPACE stored, const int *factors, enum kind kind, int quality) {
  struct jpeg_compress_struct c;
  struct jpeg_error_mgr e;
  char name[512];
  int len = snprintf(name, sizeof name, "%s/%s-%s-%dx%d-", folder, prefix, kinds[kind], w, h);
  for (int i = 0; i < n; i++) len += snprintf(name + len, sizeof name - len, "%s%dx%d", i ? "_" : "", factors[2 * i], factors[2 * i + 1]);
  snprintf(name + len, sizeof name - len, ".jpg");
  FILE *f = fopen(name, "wb");
  if (!f) exit(1);
  c.err = jpeg_std_error(&e);
  jpeg_create_compress(&c);
  jpeg_stdio_dest(&c, f);
  c.image_width = w;
  c.image_height = h;
  c.input_components = n;
  c.in_color_space = n == 1 ? JCS_GRAYSCALE : n == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&c);
  jpeg_set_colorspace(&c, stored);
  jpeg_set_quality(&c, kind == WIDE ? 1 : quality, kind != WIDE);
  c.dct_method = JDCT_ISLOW;
  for (int i = 0; i < n; i++) {
    c.comp_info[i].h_samp_factor = factors[2 * i];
    c.comp_info[i].v_samp_factor = factors[2 * i + 1];
  }
  jpeg_scan_info scans[4];
  switch (kind) {
  case PROGRESSIVE: jpeg_simple_progression(&c); break;
  case RESTART: c.restart_interval = 1; break;
  case ARITHMETIC: c.arith_code = TRUE; break;
  case STEPS: c.arith_code = TRUE; jpeg_simple_progression(&c); break;
  case PAUSES: c.arith_code = TRUE; c.restart_interval = 2; break;
  case OPTIMAL: c.optimize_coding = TRUE; break;
  case APART:
    for (int i = 0; i < n; i++) scans[i] = (jpeg_scan_info){1, {i}, 0, 63, 0, 0};
    c.scan_info = scans;
    c.num_scans = n;
    break;
  default: break;
  }
  jpeg_start_compress(&c, TRUE);
  JSAMPLE *row = malloc(w * n);
  for (int y = 0; y < h; y++) {
    for (int x = 0; x < w; x++)
      for (int i = 0; i < n; i++) row[x * n + i] = sample(x, y, i, w, h);
    jpeg_write_scanlines(&c, &row, 1);
  }
  free(row);
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  fclose(f);
}

/* Whether all factors divide the largest and an MCU has at most ten blocks. */
static int decodable(int n, const int *f) {
  int h = 1, v = 1, blocks = 0;
  for (int i = 0; i < n; i++) {
    if (f[2 * i] > h) h = f[2 * i];
    if (f[2 * i + 1] > v) v = f[2 * i + 1];
    blocks += f[2 * i] * f[2 * i + 1];
  }
  for (int i = 0; i < n; i++)
    if (h % f[2 * i] || v % f[2 * i + 1]) return 0;
  return blocks <= 10;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  const enum kind coded[] = {BASELINE, PROGRESSIVE, RESTART};
  for (int k = 0; k < 3; k++) { /* every pair of factors of luma, and every mix of ones and twos */
    for (int h = 1; h <= 4; h++)
      for (int v = 1; v <= 4; v++) {
        int f[] = {h, v, 1, 1, 1, 1};
        if (decodable(3, f)) make("ycc", 35, 27, 3, JCS_YCbCr, f, coded[k], 75);
      }
    for (int m = 0; m < 64; m++) {
      int f[] = {1 + (m & 1), 1 + (m >> 1 & 1), 1 + (m >> 2 & 1), 1 + (m >> 3 & 1), 1 + (m >> 4 & 1), 1 + (m >> 5 & 1)};
      int seen = f[2] * f[3] * f[4] * f[5] == 1;
      if (decodable(3, f) && !seen) make("mix", 19, 13, 3, JCS_YCbCr, f, coded[k], 75);
    }
  }
  const int odd[][6] = {{1, 3, 2, 1, 1, 1}, {1, 1, 1, 3, 1, 3}, {3, 1, 1, 1, 3, 1}, {4, 1, 1, 2, 2, 1}, {1, 4, 1, 2, 1, 1}, {2, 4, 1, 1, 1, 1}, {4, 2, 2, 1, 1, 1}, {1, 1, 4, 1, 1, 4}};
  for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++)
    if (decodable(3, odd[i]))
      for (int k = 0; k < 3; k++) {
        make("odd", 37, 29, 3, JCS_YCbCr, odd[i], coded[k], 80);
        make("odd-rgb", 37, 29, 3, JCS_RGB, odd[i], coded[k], 80);
      }
  const int usual[][6] = {{1, 1, 1, 1, 1, 1}, {2, 1, 1, 1, 1, 1}, {2, 2, 1, 1, 1, 1}, {1, 2, 1, 1, 1, 1}, {4, 1, 1, 1, 1, 1}, {4, 2, 1, 1, 1, 1}};
  const int sizes[][2] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {3, 17}, {17, 3}, {8, 8}, {7, 9}, {9, 7}, {15, 17}, {16, 16}, {17, 15}, {33, 31}, {64, 48}};
  for (int u = 0; u < 6; u++) {
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      make("size", sizes[s][0], sizes[s][1], 3, JCS_YCbCr, usual[u], BASELINE, 85);
      make("size", sizes[s][0], sizes[s][1], 3, JCS_YCbCr, usual[u], PROGRESSIVE, 85);
    }
    const enum kind arithmetic[] = {ARITHMETIC, STEPS, PAUSES};
    for (int k = 0; k < 3; k++) {
      make("arithmetic", 45, 37, 3, JCS_YCbCr, usual[u], arithmetic[k], 95);
      make("arithmetic", 64, 20, 3, JCS_RGB, usual[u], arithmetic[k], 40);
    }
    const enum kind rare[] = {APART, WIDE, OPTIMAL};
    for (int k = 0; k < 3; k++) {
      make("rare", 45, 37, 3, JCS_YCbCr, usual[u], rare[k], 95);
      make("rare-rgb", 21, 37, 3, JCS_RGB, usual[u], rare[k], 95);
    }
  }
  const int four[][8] = {{1, 1, 1, 1, 1, 1, 1, 1}, {2, 2, 1, 1, 1, 1, 2, 2}, {2, 2, 1, 1, 1, 1, 1, 1}, {2, 1, 1, 1, 1, 1, 2, 1}, {1, 2, 1, 1, 1, 1, 1, 2}, {1, 1, 2, 1, 1, 2, 1, 1}, {4, 1, 1, 1, 1, 1, 4, 1}};
  const enum kind all[] = {BASELINE, PROGRESSIVE, RESTART, APART, WIDE};
  for (unsigned i = 0; i < sizeof four / sizeof *four; i++)
    for (int k = 0; k < 5; k++) {
      make("cmyk", 27, 21, 4, JCS_CMYK, four[i], all[k], 80);
      make("ycck", 27, 21, 4, JCS_YCCK, four[i], all[k], 80);
    }
  const int gray[][2] = {{1, 1}, {2, 2}, {1, 3}, {4, 4}};
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 5; k++) make("gray", 29, 35, 1, JCS_GRAYSCALE, gray[i], all[k], 90);
  return 0;
}
