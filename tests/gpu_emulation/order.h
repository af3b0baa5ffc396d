// In which order things run that CUDA runs in any order: blocks, threads, streams.
#pragma once

#include <cstdint>

namespace eigencoder::emulation {

enum class Order : int { forward = 0, reverse = 1, shuffled = 2 };

// Visits 0 .. count - 1 round and round, each once a round, in the order that is set when it is made.
class Visit {
 public:
  explicit Visit(std::uint64_t count);
  std::uint64_t current() const { return current_; }
  void advance() {
    current_ += step_;
    if (current_ >= count_) current_ -= count_;
  }
  void restart() { current_ = first_; }

 private:
  std::uint64_t count_, first_, step_, current_;
};

}  // namespace eigencoder::emulation
