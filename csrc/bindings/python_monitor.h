// The GIL, given up while an engine works and taken back to look after the interpreter.
#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "bindings/bindings.h"

#if defined(__GLIBCXX__)
#include <cxxabi.h>
#endif

namespace eigencoder::bindings {

[[noreturn]] inline void wait_for_the_end() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

// Calls something that may ask for the GIL. Once the interpreter goes down, Python ends a thread that does by unwinding
// it, which no destructor survives; such a thread is a daemon's and waits here for the end of the process.
template <typename Call>
auto outlived_by_the_interpreter(const Call& call) {
#if PY_VERSION_HEX >= 0x030D0000
  if (Py_IsFinalizing()) wait_for_the_end();
#else
  if (_Py_IsFinalizing()) wait_for_the_end();
#endif
#if defined(__GLIBCXX__)
  try {
    return call();
  } catch (const abi::__forced_unwind&) {
    wait_for_the_end();
  }
#else
  return call();
#endif
}

class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() {
    outlived_by_the_interpreter([&] { PyEval_RestoreThread(state_); });
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* const state_;
};

// Runs Python's signal handlers a few times a second and the callbacks once an epoch; only then is the GIL taken. What
// they raise ends the call and is kept, so that the caller can store what was trained before it is raised.
class PythonMonitor : public Monitor {
 public:
  using Callback = std::optional<py::function>;

  explicit PythonMonitor(Callback on_epoch_begin = {}, Callback on_epoch_end = {})
      : on_epoch_begin_(std::move(on_epoch_begin)), on_epoch_end_(std::move(on_epoch_end)) {}

  bool keep_going() override {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_look_ < std::chrono::milliseconds(50)) return true;
    last_look_ = now;
    return with_gil([] {
      if (outlived_by_the_interpreter(PyErr_CheckSignals) != 0) throw py::error_already_set();
      return true;
    });
  }

  bool epoch_begins(Index epoch) override {
    return !on_epoch_begin_ || with_gil([&] { return call(*on_epoch_begin_, py::make_tuple(epoch)); });
  }

  bool epoch_ends(const Epoch& epoch) override {
    return !on_epoch_end_ || with_gil([&] {
      return call(*on_epoch_end_, py::make_tuple(epoch.index, epoch.loss, epoch.validation_loss));
    });
  }

  bool reads_state() const override { return on_epoch_begin_ || on_epoch_end_; }

  // What was raised, or None.
  const py::object& exception() const { return exception_; }
  void raise() const {
    PyErr_SetObject(py::type::handle_of(exception_).ptr(), exception_.ptr());
    throw py::error_already_set();
  }

 private:
  // Nothing of C++ stands between the callback and the catch of what may unwind it.
  static bool call(const py::function& callback, const py::tuple& arguments) {
    PyObject* const answer =
        outlived_by_the_interpreter([&] { return PyObject_CallObject(callback.ptr(), arguments.ptr()); });
    if (!answer) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(answer).cast<bool>();
  }

  template <typename Call>
  bool with_gil(const Call& call) {
    const py::gil_scoped_acquire gil = outlived_by_the_interpreter([] { return py::gil_scoped_acquire(); });
    try {
      return call();
    } catch (const py::error_already_set& error) {
      exception_ = error.value();
      if (error.trace()) PyException_SetTraceback(exception_.ptr(), error.trace().ptr());
      return false;
    }
  }

  const Callback on_epoch_begin_;
  const Callback on_epoch_end_;
  py::object exception_ = py::none();
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
};

}  // namespace eigencoder::bindings
