// A training step allocates nothing: a fit of a hundred batches takes no more pieces of memory than one of ten. And
// nobody allocates but the caller's thread, whose failure is an exception.
#include <eigencoder/autoencoder.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

namespace {
std::atomic<long> n_allocations{0};
std::atomic<long> n_by_others{0};
const std::thread::id caller = std::this_thread::get_id();

void count() {
  ++n_allocations;
  if (std::this_thread::get_id() != caller) ++n_by_others;
}
}  // namespace

void* operator new(std::size_t size) {
  count();
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  count();
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* const memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
// Inlined, they would be a free() without a malloc() in the eyes of g++.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using eigencoder::Index;

constexpr Index n_features = 40;
constexpr Index batch_size = 16;

long allocations_of_fit(Index n_batches, eigencoder::Penalty penalty, eigencoder::Corruption corruption) {
  const std::vector<double> x(static_cast<std::size_t>(n_batches * batch_size * n_features), 0.5);
  eigencoder::ObjectiveConfig objective;
  objective.alpha = 0.1;
  objective.penalty = penalty;
  objective.corruption = corruption;
  eigencoder::ScheduleConfig schedule;
  schedule.batch_size = batch_size;
  schedule.max_iter = 2;
  eigencoder::Autoencoder<double> model(eigencoder::mirrored_network(n_features, {20}, 5), objective, 1, 1);
  const long before = n_allocations;
  model.fit(x.data(), n_batches * batch_size, {}, schedule);
  return n_allocations - before;
}

// In calls with work enough for each of three threads.
long allocations_by_others(eigencoder::Penalty penalty, Index n_active) {
  constexpr Index n_samples = 20'000;
  const std::vector<double> x(static_cast<std::size_t>(n_samples * n_features), 0.5);
  eigencoder::NetworkConfig network = eigencoder::mirrored_network(n_features, {20}, 5);
  network.n_active = n_active;
  eigencoder::ObjectiveConfig objective;
  objective.penalty = penalty;
  eigencoder::ScheduleConfig schedule;
  schedule.batch_size = n_samples;
  schedule.max_iter = 1;
  eigencoder::Autoencoder<double> model(network, objective, 1, 3);
  const long before = n_by_others;
  model.fit(x.data(), n_samples, {}, schedule);
  model.reconstruct(x.data(), n_samples);
  model.score_samples(x.data(), n_samples);
  return n_by_others - before;
}

}  // namespace

int main() {
  using eigencoder::Corruption;
  using eigencoder::Penalty;
  for (const Penalty penalty : {Penalty::none, Penalty::kl, Penalty::l1}) {
    for (const Index n_active : {0, 2}) {
      const long by_others = allocations_by_others(penalty, n_active);
      if (by_others == 0) continue;
      std::printf("threads other than the caller's allocated %ld times\n", by_others);
      return 2;
    }
    for (const Corruption corruption : {Corruption::none, Corruption::masking, Corruption::gaussian}) {
      const long few = allocations_of_fit(10, penalty, corruption);
      const long many = allocations_of_fit(100, penalty, corruption);
      if (few == 0 || many != few) {
        std::printf("10 batches took %ld allocations, 100 took %ld\n", few, many);
        return 1;
      }
    }
  }
  return 0;
}
