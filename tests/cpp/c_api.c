/* A C program that links libeigencoder and nothing else. Its argument is the folder of write_models. With a second one,
   "scarce", it asks for more memory than it may have. */
#include <eigencoder/eigencoder.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { n_rows = 2, n_features = 3, n_components = 2 };

static int says(eigencoder_status status, eigencoder_status expected, const char* message) {
  if (status == expected && strstr(eigencoder_last_error(), message)) return 1;
  printf("expected status %d with \"%s\", found %d with \"%s\"\n", expected, message, status, eigencoder_last_error());
  return 0;
}

static eigencoder_model* load(const char* folder, const char* name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
  eigencoder_model* model = NULL;
  const eigencoder_status status = eigencoder_load(path, 1, 1, &model);
  if (status != EIGENCODER_OK) printf("status %d: %s\n", status, eigencoder_last_error());
  return model;
}

static int computes_in_float(const eigencoder_model* model) {
  const float x[n_rows * n_features] = {1, 2, 3, 4, 5, 6};
  const float expected_codes[n_rows * n_components] = {4.5F, 4.5F, 10.5F, 10.5F};
  const float expected[n_rows * n_features] = {4.5F, 4.5F, 10, 10.5F, 10.5F, 22};
  float codes[n_rows * n_components], decoded[n_rows * n_features], reconstructed[n_rows * n_features];
  return eigencoder_type_of(model) == EIGENCODER_FLOAT && eigencoder_n_features(model) == n_features &&
         eigencoder_n_components(model) == n_components &&
         eigencoder_encode_float(model, x, n_rows, codes) == EIGENCODER_OK &&
         eigencoder_decode_float(model, codes, n_rows, decoded) == EIGENCODER_OK &&
         eigencoder_reconstruct_float(model, x, n_rows, reconstructed) == EIGENCODER_OK &&
         !memcmp(codes, expected_codes, sizeof codes) && !memcmp(decoded, expected, sizeof decoded) &&
         !memcmp(reconstructed, expected, sizeof reconstructed);
}

static int computes_in_double(const eigencoder_model* model) {
  const double x[n_rows * n_features] = {1, 2, 3, 4, 5, 6};
  const double expected_codes[n_rows * n_components] = {4.5, 4.5, 10.5, 10.5};
  const double expected[n_rows * n_features] = {4.5, 4.5, 10, 10.5, 10.5, 22};
  double codes[n_rows * n_components], decoded[n_rows * n_features], reconstructed[n_rows * n_features];
  return eigencoder_type_of(model) == EIGENCODER_DOUBLE && eigencoder_n_features(model) == n_features &&
         eigencoder_n_components(model) == n_components &&
         eigencoder_encode_double(model, x, n_rows, codes) == EIGENCODER_OK &&
         eigencoder_decode_double(model, codes, n_rows, decoded) == EIGENCODER_OK &&
         eigencoder_reconstruct_double(model, x, n_rows, reconstructed) == EIGENCODER_OK &&
         !memcmp(codes, expected_codes, sizeof codes) && !memcmp(decoded, expected, sizeof decoded) &&
         !memcmp(reconstructed, expected, sizeof reconstructed);
}

static int refuses_wrong_calls(const eigencoder_model* model, const eigencoder_model* other) {
  const eigencoder_status invalid = EIGENCODER_INVALID_ARGUMENT, wrong = EIGENCODER_WRONG_TYPE;
  float x[n_features] = {1, 2, 3}, codes[n_components] = {0};
  double y[n_features] = {1, 2, 3}, y_codes[n_components] = {0};
  const double zero = 0;
  const float not_finite[n_features] = {1, (float)(zero / zero), 3};
  return says(eigencoder_encode_float(NULL, x, 1, codes), invalid, "model is NULL") &&
         says(eigencoder_encode_float(model, NULL, 1, codes), invalid, "x must point to rows") &&
         says(eigencoder_encode_float(model, x, 1, NULL), invalid, "output must have memory") &&
         says(eigencoder_decode_float(model, codes, 0, x), invalid, "at least 1 row, found 0") &&
         says(eigencoder_reconstruct_float(model, x, -1, x), invalid, "at least 1 row, found -1") &&
         says(eigencoder_encode_float(model, x, INT64_MAX, codes), invalid, "too many") &&
         says(eigencoder_encode_float(model, not_finite, 1, codes), invalid, "must be finite") &&
         says(eigencoder_encode_double(model, y, 1, y_codes), wrong, "computes in float") &&
         says(eigencoder_decode_double(model, y_codes, 1, y), wrong, "computes in float") &&
         says(eigencoder_reconstruct_double(model, y, 1, y), wrong, "computes in float") &&
         says(eigencoder_encode_float(other, x, 1, codes), wrong, "computes in double") &&
         eigencoder_type_of(NULL) == 0 && eigencoder_n_features(NULL) == 0 && eigencoder_n_components(NULL) == 0;
}

static int refuses_wrong_files(const char* folder, const char* program) {
  char path[4096];
  snprintf(path, sizeof path, "%s/float.safetensors", folder);
  eigencoder_model* model = NULL;
  int held = says(eigencoder_load(path, 1, 1, NULL), EIGENCODER_INVALID_ARGUMENT, "NULL") &&
             says(eigencoder_load(NULL, 1, 1, &model), EIGENCODER_INVALID_ARGUMENT, "path is NULL") &&
             says(eigencoder_load(path, 1, -1, &model), EIGENCODER_INVALID_ARGUMENT, "n_threads must be") &&
             says(eigencoder_load(folder, 1, 1, &model), EIGENCODER_SYSTEM_ERROR, "directory") &&
             says(eigencoder_load(program, 1, 1, &model), EIGENCODER_BAD_FILE, "cannot load");
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = 0;
  held = held && says(eigencoder_load(path, 1, 1, &model), EIGENCODER_SYSTEM_ERROR, "xxx");
  eigencoder_free(NULL);
  return held && model == NULL;
}

static int has_too_little_memory(const char* folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/large.safetensors", folder);
  eigencoder_model* model = NULL;
  FILE* const memory = fopen("/proc/self/statm", "r");
  unsigned long n_pages = 0;
  if (!memory || fscanf(memory, "%lu", &n_pages) != 1) return 0;
  fclose(memory);
  const struct rlimit limit = {n_pages * 4096 + (8 << 20), RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
  return says(eigencoder_load(path, 1, 1, &model), EIGENCODER_OUT_OF_MEMORY, "memory") && !model;
}

int main(int argc, char** argv) {
  if (argc < 2 || eigencoder_abi_version() != EIGENCODER_ABI_VERSION) return 1;
  if (argc == 3 && !strcmp(argv[2], "scarce")) {
    eigencoder_model* model = load(argv[1], "float"); /* whose engine is open from here on */
    const int failed = !model || !has_too_little_memory(argv[1]) || !computes_in_float(model);
    eigencoder_free(model);
    return failed;
  }
  eigencoder_model *in_float = load(argv[1], "float"), *in_double = load(argv[1], "double");
  if (!in_float || !in_double) return 2;
  if (!computes_in_float(in_float) || !computes_in_double(in_double)) return 3;
  if (!refuses_wrong_calls(in_float, in_double)) return 4;
  if (!refuses_wrong_files(argv[1], argv[0])) return 5;
  eigencoder_free(in_float);
  eigencoder_free(in_double);
  return 0;
}
