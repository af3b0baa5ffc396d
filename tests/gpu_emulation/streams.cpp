#include "streams.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "device_memory.h"
#include "failures.h"
#include "order.h"

struct CUstream_st {
  std::deque<std::function<void()>> queue;
};

namespace eigencoder::emulation {
namespace {

struct Recording {
  CUstream_st* stream;
  bool is_done;
};

struct Registry {
  std::vector<CUstream_st*> streams{new CUstream_st};  // the first is the default one
  std::vector<CUevent_st*> events;
};

Registry& registry() {
  static auto& instance = *new Registry;
  return instance;
}

CUstream_st& find(cudaStream_t stream) {
  const auto& streams = registry().streams;
  if (stream == nullptr) return *streams.front();
  if (std::find(streams.begin(), streams.end(), stream) == streams.end()) {
    fault("%p is no stream, expected one that was created and not destroyed", static_cast<void*>(stream));
  }
  return *stream;
}

void run_next(CUstream_st& stream) {
  const auto operation = std::move(stream.queue.front());
  stream.queue.pop_front();
  operation();
}

void run_all(CUstream_st& stream) {
  const DeviceAccess access;
  while (!stream.queue.empty()) run_next(stream);
}

void run_until_done(const Recording& recording) {
  const DeviceAccess access;
  while (!recording.is_done) run_next(*recording.stream);
}

}  // namespace
}  // namespace eigencoder::emulation

struct CUevent_st {
  std::shared_ptr<eigencoder::emulation::Recording> last;
};

namespace eigencoder::emulation {
namespace {

CUevent_st& find(cudaEvent_t event) {
  const auto& events = registry().events;
  if (std::find(events.begin(), events.end(), event) == events.end()) {
    fault("%p is no event, expected one that was created and not destroyed", static_cast<void*>(event));
  }
  return *event;
}

template <class T>
void destroy(std::vector<T*>& all, T* one) {
  all.erase(std::find(all.begin(), all.end(), one));
  delete one;
  count_live(-1);
}

}  // namespace

void enqueue(cudaStream_t stream, std::function<void()> operation) {
  find(stream).queue.push_back(std::move(operation));
}

void run_stream(cudaStream_t stream) { run_all(find(stream)); }

void run_device() {
  const auto& streams = registry().streams;
  Visit order(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i, order.advance()) run_all(*streams[order.current()]);
}

}  // namespace eigencoder::emulation

using namespace eigencoder::emulation;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorMemoryAllocation);
  if (flags != cudaStreamNonBlocking) fault("a stream with the flags %u, expected cudaStreamNonBlocking", flags);
  *stream = new CUstream_st;
  registry().streams.push_back(*stream);
  count_live(1);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Call call;
  if (stream == nullptr) return remember(cudaErrorInvalidResourceHandle);
  run_stream(stream);
  destroy(registry().streams, stream);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorLaunchFailure);
  run_stream(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int flags) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorInvalidResourceHandle);
  if (flags != 0) return remember(cudaErrorInvalidValue);
  if (const auto recording = find(event).last) {
    enqueue(stream, [recording] { run_until_done(*recording); });
  }
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorMemoryAllocation);
  if (flags != cudaEventDisableTiming) fault("an event with the flags %u, expected cudaEventDisableTiming", flags);
  *event = new CUevent_st;
  registry().events.push_back(*event);
  count_live(1);
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const Call call;
  find(event);
  destroy(registry().events, event);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorInvalidResourceHandle);
  const auto recording = std::make_shared<Recording>(Recording{&find(stream), false});
  find(event).last = recording;
  enqueue(stream, [recording] { recording->is_done = true; });
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorLaunchFailure);
  if (const auto recording = find(event).last) run_until_done(*recording);
  return cudaSuccess;
}
