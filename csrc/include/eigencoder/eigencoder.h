/* Trained networks for C programs: a model file in, codes and reconstructions out. Arrays are row-major and contiguous,
   rows are samples. No function aborts, prints or lets a C++ exception pass. A model does not change once it is loaded,
   and any number of threads may use it at once. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised where a program that was compiled against this header could no longer use the library. */
enum { EIGENCODER_ABI_VERSION = 1 };

typedef enum eigencoder_status {
  EIGENCODER_OK = 0,
  EIGENCODER_INVALID_ARGUMENT = 1, /* also a row that is not finite, and a file of a classifier */
  EIGENCODER_WRONG_TYPE = 2,       /* a function for float, a model for double, or the reverse */
  EIGENCODER_SYSTEM_ERROR = 3,     /* there is no such file, or it may not be read */
  EIGENCODER_BAD_FILE = 4,         /* damaged, of something else, or of a newer version */
  EIGENCODER_OUT_OF_MEMORY = 5,
  EIGENCODER_FAILED = 6 /* anything else, such as an engine that cannot be opened */
} eigencoder_status;

typedef enum eigencoder_type { EIGENCODER_FLOAT = 1, EIGENCODER_DOUBLE = 2 } eigencoder_type;

typedef struct eigencoder_model eigencoder_model;

/* That of the library that runs: the program fits if it equals EIGENCODER_ABI_VERSION. */
int32_t eigencoder_abi_version(void);

/* What went wrong in the last call of this thread that did not return EIGENCODER_OK; it stays until the next one. */
const char* eigencoder_last_error(void);

/* Loads the file at `path` into `*model`, which is NULL where that fails. `verify`: 0 leaves out the comparison of the
   checksum. `n_threads`: how many threads a call may use; 0: all processors that the process may use. A call of one row
   uses one. */
eigencoder_status eigencoder_load(const char* path, int32_t verify, int32_t n_threads, eigencoder_model** model);

/* Ends a model that no thread uses any more. NULL is no error. */
void eigencoder_free(eigencoder_model* model);

/* Of a model that is not NULL; else 0. */
eigencoder_type eigencoder_type_of(const eigencoder_model* model);
int64_t eigencoder_n_features(const eigencoder_model* model);
int64_t eigencoder_n_components(const eigencoder_model* model);

/* The codes (n_rows, n_components) of the rows x (n_rows, n_features), at least one; rows of codes; and one after the
   other. What is written must not overlap with what is read. After an error it may hold anything. */
eigencoder_status eigencoder_encode_float(const eigencoder_model* model, const float* x, int64_t n_rows, float* codes);
eigencoder_status eigencoder_decode_float(const eigencoder_model* model, const float* codes, int64_t n_rows, float* x);
eigencoder_status eigencoder_reconstruct_float(const eigencoder_model* model, const float* x, int64_t n_rows,
                                               float* reconstruction);
eigencoder_status eigencoder_encode_double(const eigencoder_model* model, const double* x, int64_t n_rows,
                                           double* codes);
eigencoder_status eigencoder_decode_double(const eigencoder_model* model, const double* codes, int64_t n_rows,
                                           double* x);
eigencoder_status eigencoder_reconstruct_double(const eigencoder_model* model, const double* x, int64_t n_rows,
                                                double* reconstruction);

#ifdef __cplusplus
}
#endif
