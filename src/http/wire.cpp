// The load client: threads of LoadWorkers, what they share, and what their counts add up to.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/format.h"
#include "http/load_worker.h"
#include "tunewire/host/own_limits.h"
#include "tunewire/http/load.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kWatchEvery{100};
constexpr std::uint64_t kDescriptorsBeside = 64;
constexpr std::size_t kMostTallies = 10'000;

Error Unusable(std::string message) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_load";
  error.message = std::move(message);
  return error;
}

Status CheckSpec(const LoadSpec& spec) {
  if (spec.addresses.empty()) return Fail(Unusable("there is no address to ask"));
  if (spec.request.empty()) return Fail(Unusable("there is no request to send"));
  if (spec.requests == 0 && spec.duration.count() <= 0) {
    return Fail(Unusable("a load needs a number of requests or a duration"));
  }
  if (spec.connections == 0 || spec.threads == 0 || spec.pipeline == 0) {
    return Fail(Unusable("a load needs a connection, a thread and a request at a time"));
  }
  if (spec.timeout.count() <= 0) return Fail(Unusable("a load needs a time-out"));
  return {};
}

ConnectOptions TrialOptions(const LoadSpec& spec) {
  ConnectOptions options;
  options.mss = spec.mss;
  if (!spec.sources.empty()) options.bind = spec.sources.front();
  options.patience = spec.timeout;
  return options;
}

/// The first address that answers. A single one is not tried: the run itself will tell, and a
/// server that serves one connection at a time is spared an empty one.
Result<SocketAddress> ChooseAddress(const LoadSpec& spec) {
  if (spec.addresses.size() == 1) return spec.addresses.front();
  std::optional<Error> first;
  for (const SocketAddress& address : spec.addresses) {
    auto fd = ConnectTcp(address, TrialOptions(spec));
    if (fd) return address;
    if (!first) first = std::move(fd.error());
  }
  return Fail(std::move(*first));
}

Result<std::vector<SocketAddress>> SourcesOf(const LoadSpec& spec) {
  std::vector<SocketAddress> sources;
  for (const std::string& text : spec.sources) {
    auto source = SourceAddress(text);
    if (!source) return Fail(std::move(source.error()));
    sources.push_back(*source);
  }
  return sources;
}

std::vector<LoadShare> SharesOf(const LoadSpec& spec) {
  const std::uint32_t threads = std::min(spec.threads, spec.connections);
  std::vector<LoadShare> shares(threads);
  std::uint32_t first = 0;
  for (std::uint32_t i = 0; i < threads; ++i) {
    const std::uint32_t connections = (spec.connections - first) / (threads - i);
    shares[i] = {i, threads, first, connections, spec.rate / threads};
    first += connections;
  }
  return shares;
}

/// The workers' threads and the watch beside them.
class Crew {
 public:
  Crew(LoadRun& run, std::vector<std::unique_ptr<LoadWorker>>& workers)
      : run_(run), left_(workers.size()) {
    for (auto& worker : workers) threads_.emplace_back([this, &worker] { Work(*worker); });
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() {
    run_.stop = true;
    for (std::thread& thread : threads_) thread.join();
  }

  /// Until all are done; true where the watch said stop.
  bool Watch(const LoadWatch& watch) {
    std::unique_lock lock(mutex_);
    while (!done_.wait_for(lock, kWatchEvery, [this] { return left_ == 0; })) {
      lock.unlock();
      const nanoseconds elapsed(MonotonicNs() - run_.start_ns);
      if (!run_.stop && watch && watch(run_.finished, elapsed)) {
        run_.stop = true;
        return true;
      }
      lock.lock();
    }
    return false;
  }

 private:
  void Work(LoadWorker& worker) {
    worker.Run();
    const std::scoped_lock lock(mutex_);
    --left_;
    done_.notify_one();
  }

  LoadRun& run_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_;
  std::vector<std::thread> threads_;
};

void AddTallies(const std::vector<std::unique_ptr<LoadWorker>>& workers, LoadResult& result) {
  for (const auto& worker : workers) {
    for (const LoadConnection& one : worker->connections()) {
      if (result.connections.size() < kMostTallies) result.connections.push_back(one.tally);
    }
  }
}

void AddCounts(const LoadSpec& spec, std::vector<std::unique_ptr<LoadWorker>>& workers,
               LoadResult& result) {
  std::vector<std::unique_ptr<LoadTally>> tallies;
  for (const auto& worker : workers) tallies.push_back(worker->TakeTally());
  for (const auto& tally : tallies) tally->AddTo(result);
  LoadTally::MergeSamples(tallies, spec, result);
  if (spec.rate <= 0) result.corrected = result.latency;
}

class EpollClient final : public LoadClient {
 public:
  Result<LoadResult> Run(const LoadSpec& spec, const LoadWatch& watch) override;
};

/// Why nothing could be asked at all, in the words of one more attempt.
Status NothingAsked(const LoadSpec& spec, const LoadResult& result) {
  if (result.connects > 0 || result.interrupted || !result.gave_up) return {};
  const auto fd = ConnectTcp(result.address, TrialOptions(spec));
  if (!fd) return Fail(fd.error());
  return {};
}

Result<LoadResult> EpollClient::Run(const LoadSpec& spec, const LoadWatch& watch) {
  if (auto sane = CheckSpec(spec); !sane) return Fail(std::move(sane.error()));
  auto sources = SourcesOf(spec);
  if (!sources) return Fail(std::move(sources.error()));
  const auto address = ChooseAddress(spec);
  if (!address) return Fail(address.error());
  RaiseOwnNofile(spec.connections + kDescriptorsBeside);

  const UniqueFd stamps = spec.pieces > 0 ? KeepReceiveStamps() : UniqueFd();

  LoadRun run{.spec = spec, .address = *address, .sources = std::move(*sources)};
  std::vector<std::unique_ptr<LoadWorker>> workers;
  for (const LoadShare& share : SharesOf(spec)) {
    auto worker = LoadWorker::Make(run, share);
    if (!worker) return Fail(std::move(worker.error()));
    workers.push_back(std::move(*worker));
  }
  LoadResult result;
  const std::int64_t cpu = OwnCpuNs();
  run.start_ns = MonotonicNs();
  run.end_ns = spec.duration.count() > 0 ? run.start_ns + nanoseconds(spec.duration).count()
                                         : std::numeric_limits<std::int64_t>::max();
  {
    Crew crew(run, workers);
    result.interrupted = crew.Watch(watch);
  }
  result.elapsed_ns = MonotonicNs() - run.start_ns;
  result.client_cpu_ns = OwnCpuNs() - cpu;
  result.address = *address;
  result.gave_up = run.gave_up;
  AddTallies(workers, result);
  AddCounts(spec, workers, result);
  result.client_peak_rss_bytes = OwnPeakMemory();
  if (auto asked = NothingAsked(spec, result); !asked) return Fail(std::move(asked.error()));
  return result;
}

}  // namespace

std::unique_ptr<LoadClient> EpollLoadClient() { return std::make_unique<EpollClient>(); }

}  // namespace tunewire
