/* Encodes rows of numbers with a model file that holds a float32 network: encode MODEL < rows > codes */
#include <eigencoder/eigencoder.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char* message) {
  fprintf(stderr, "encode: %s\n", message);
  return 1;
}

/* Whether all numbers of a row could be read. */
static int read_row(float* row, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (scanf("%f", &row[i]) != 1) return 0;
  }
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 2) return fail("give the path of a model file");
  eigencoder_model* model = NULL;
  if (eigencoder_load(argv[1], 1, 1, &model) != EIGENCODER_OK) return fail(eigencoder_last_error());
  const int64_t n_features = eigencoder_n_features(model), n_components = eigencoder_n_components(model);
  float *row = malloc((size_t)n_features * sizeof *row), *codes = malloc((size_t)n_components * sizeof *codes);
  if (!row || !codes) return fail("not enough memory");
  while (read_row(row, n_features)) {
    if (eigencoder_encode_float(model, row, 1, codes) != EIGENCODER_OK) return fail(eigencoder_last_error());
    for (int64_t j = 0; j < n_components; ++j) printf("%.9g%c", codes[j], j + 1 < n_components ? ' ' : '\n');
  }
  free(codes);
  free(row);
  eigencoder_free(model);
  return 0;
}
