#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>

#include "eigencoder/autoencoder.h"
#include "eigencoder/eigencoder.h"

struct eigencoder_model {
  std::variant<eigencoder::Autoencoder<float>, eigencoder::Autoencoder<double>> network;
};

namespace {

using eigencoder::Autoencoder;

// Of a size that needs no memory when there is none.
thread_local char last_error[1024] = "";

eigencoder_status refuse(eigencoder_status status, const char* message) noexcept {
  std::snprintf(last_error, sizeof last_error, "%s", message);
  return status;
}

// What `work` returns, or the status of what it throws.
template <typename Work>
eigencoder_status guarded(const Work& work) noexcept {
  try {
    return work();
  } catch (const eigencoder::ModelFormatError& error) {
    return refuse(EIGENCODER_BAD_FILE, error.what());
  } catch (const std::invalid_argument& error) {
    return refuse(EIGENCODER_INVALID_ARGUMENT, error.what());
  } catch (const std::length_error& error) {
    return refuse(EIGENCODER_INVALID_ARGUMENT, error.what());
  } catch (const std::bad_alloc&) {
    return refuse(EIGENCODER_OUT_OF_MEMORY, "not enough memory");
  } catch (const std::system_error& error) {
    return refuse(EIGENCODER_SYSTEM_ERROR, error.what());
  } catch (const std::exception& error) {
    return refuse(EIGENCODER_FAILED, error.what());
  } catch (...) {
    return refuse(EIGENCODER_FAILED, "an unknown error");
  }
}

template <typename T>
std::unique_ptr<eigencoder_model> load(const char* path, bool verify, int n_threads) {
  return std::make_unique<eigencoder_model>(eigencoder_model{Autoencoder<T>::load(path, verify, n_threads)});
}

// One of the methods that write rows for rows.
template <typename T>
using Method = void (Autoencoder<T>::*)(const T*, eigencoder::Index, T*) const;

template <typename T>
eigencoder_status call(Method<T> method, const eigencoder_model* model, const T* rows, std::int64_t n_rows, T* output) {
  return guarded([&] {
    if (!model) return refuse(EIGENCODER_INVALID_ARGUMENT, "the model is NULL");
    const auto* const network = std::get_if<Autoencoder<T>>(&model->network);
    if (!network) {
      return refuse(EIGENCODER_WRONG_TYPE, std::is_same_v<T, float>
                                               ? "the model computes in double: call the function for double"
                                               : "the model computes in float: call the function for float");
    }
    (network->*method)(rows, n_rows, output);
    return EIGENCODER_OK;
  });
}

}  // namespace

std::int32_t eigencoder_abi_version() { return EIGENCODER_ABI_VERSION; }

const char* eigencoder_last_error() { return last_error; }

eigencoder_status eigencoder_load(const char* path, std::int32_t verify, std::int32_t n_threads,
                                  eigencoder_model** model) {
  if (!model) return refuse(EIGENCODER_INVALID_ARGUMENT, "the place for the model is NULL");
  *model = nullptr;
  if (!path) return refuse(EIGENCODER_INVALID_ARGUMENT, "the path is NULL");
  return guarded([&] {
    const bool is_float = eigencoder::saved_dtype(path) == eigencoder::Dtype::float32;
    *model = (is_float ? load<float> : load<double>)(path, verify != 0, n_threads).release();
    return EIGENCODER_OK;
  });
}

void eigencoder_free(eigencoder_model* model) { delete model; }

eigencoder_type eigencoder_type_of(const eigencoder_model* model) {
  if (!model) return static_cast<eigencoder_type>(0);
  return std::holds_alternative<Autoencoder<float>>(model->network) ? EIGENCODER_FLOAT : EIGENCODER_DOUBLE;
}

std::int64_t eigencoder_n_features(const eigencoder_model* model) {
  return model ? std::visit([](const auto& network) { return network.n_features(); }, model->network) : 0;
}

std::int64_t eigencoder_n_components(const eigencoder_model* model) {
  return model ? std::visit([](const auto& network) { return network.n_components(); }, model->network) : 0;
}

eigencoder_status eigencoder_encode_float(const eigencoder_model* model, const float* x, std::int64_t n_rows,
                                          float* codes) {
  return call<float>(&Autoencoder<float>::transform, model, x, n_rows, codes);
}

eigencoder_status eigencoder_decode_float(const eigencoder_model* model, const float* codes, std::int64_t n_rows,
                                          float* x) {
  return call<float>(&Autoencoder<float>::inverse_transform, model, codes, n_rows, x);
}

eigencoder_status eigencoder_reconstruct_float(const eigencoder_model* model, const float* x, std::int64_t n_rows,
                                               float* reconstruction) {
  return call<float>(&Autoencoder<float>::reconstruct, model, x, n_rows, reconstruction);
}

eigencoder_status eigencoder_encode_double(const eigencoder_model* model, const double* x, std::int64_t n_rows,
                                           double* codes) {
  return call<double>(&Autoencoder<double>::transform, model, x, n_rows, codes);
}

eigencoder_status eigencoder_decode_double(const eigencoder_model* model, const double* codes, std::int64_t n_rows,
                                           double* x) {
  return call<double>(&Autoencoder<double>::inverse_transform, model, codes, n_rows, x);
}

eigencoder_status eigencoder_reconstruct_double(const eigencoder_model* model, const double* x, std::int64_t n_rows,
                                                double* reconstruction) {
  return call<double>(&Autoencoder<double>::reconstruct, model, x, n_rows, reconstruction);
}
