// The most float32 multiply-adds that the processor does: chains in registers, one thread a core, best of many short
// runs.
//
//     c++ -std=c++20 -O3 -march=native -ffp-contract=fast -pthread fma_peak.cpp && ./a.out N_THREADS SECONDS
//
// prints GFLOP/s of all threads together.

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
constexpr int kLanes = kVectorBytes / sizeof(float);
constexpr int kChains = 12;  // enough to hide the latency of two units, few enough for 16 registers
constexpr long kSteps = 100'000;
constexpr double kFlops = 2.0 * kLanes * kChains * kSteps;

using Vector __attribute__((vector_size(kVectorBytes))) = float;
using Clock = std::chrono::steady_clock;

// Every chain tends to 1 and stays a normal number. A run starts where the one before ended, so that the compiler
// cannot foresee it and leaves nothing out.
float run_chains(float before) {
  const Vector decay = Vector{} + 0.5f, offset = Vector{} + 0.5f;
  Vector chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = Vector{} + (before + static_cast<float>(i));
  for (long step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chains[i] = chains[i] * decay + offset;
  }
  Vector sum{};
  for (const Vector& chain : chains) sum += chain;
  return sum[0];
}

// A run lasts until the slowest thread has done its share.
double best_gflops(int n_threads, double seconds) {
  auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  bool done = false;
  double best = 0;
  const auto after_each_run = [&]() noexcept {
    const auto now = Clock::now();
    best = std::max(best, n_threads * kFlops / std::chrono::duration<double>(now - start).count() / 1e9);
    done = now >= end;
    start = now;
  };
  std::barrier barrier(n_threads, after_each_run);
  std::atomic<float> last{0};
  const auto work = [&] {
    float result = last;
    while (!done) {
      result = run_chains(result);
      barrier.arrive_and_wait();
    }
    last = result;
  };
  std::vector<std::thread> threads;
  for (int thread = 1; thread < n_threads; ++thread) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return best;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s N_THREADS SECONDS\n", argv[0]);
    return 2;
  }
  std::printf("%.3f\n", best_gflops(std::max(1, std::atoi(argv[1])), std::atof(argv[2])));
}
