// Which runs tell whose stall it is, in which order, each bounded in time.
#include <algorithm>
#include <iterator>

#include "http/stall_view.h"
#include "tunewire/http/verdict.h"

namespace tunewire {
namespace {

/// Long enough for 18 stalls of 44 ms; a quick server ends by the number of requests.
constexpr std::chrono::milliseconds kBlockTime(800);
constexpr std::uint64_t kBlockRequests = 2000;
constexpr std::uint32_t kPipeline = 8;
constexpr std::uint32_t kEthernetMss = 1460;
constexpr std::uint32_t kPieces = 64;

struct Block {
  HttpMode mode = HttpMode::kKeepAlive;
  HttpChange change = HttpChange::kNothing;
  std::int64_t think_us = 0;
  std::string label;
};

/// A B A B A: what drifts in between cannot pass for an effect.
std::vector<Block> Interleaved(const Block& plain, const Block& changed, int pairs) {
  std::vector<Block> blocks{plain};
  for (int i = 0; i < pairs; ++i) {
    blocks.push_back(changed);
    blocks.push_back(plain);
  }
  return blocks;
}

void Append(std::vector<Block>& to, std::vector<Block> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<Block> ProofBlocks(const HttpRequest& request) {
  const Block plain{HttpMode::kKeepAlive, HttpChange::kNothing, 0, "keep-alive"};
  const Block acks{HttpMode::kKeepAlive, HttpChange::kQuickAck, 0, "keep-alive, our ACKs at once"};
  std::vector<Block> blocks = Interleaved(plain, acks, 2);
  if (!request.loopback) return blocks;
  const Block mss{HttpMode::kKeepAlive, HttpChange::kAtEthernetMss, 0,
                  "keep-alive, Ethernet's MSS"};
  const Block both{HttpMode::kKeepAlive, HttpChange::kAtEthernetMssQuickAck, 0,
                   "Ethernet's MSS, our ACKs at once"};
  Append(blocks, Interleaved(mss, both, 1));
  return blocks;
}

std::vector<Block> DiagnosisBlocks(const HttpRequest& request) {
  std::vector<Block> blocks{
      {HttpMode::kNewConnection, HttpChange::kNothing, 0, "a connection per request"}};
  Append(blocks, ProofBlocks(request));
  blocks.push_back({HttpMode::kPipelined, HttpChange::kNothing, 0, "pipelined"});
  blocks.push_back(
      {HttpMode::kKeepAlive, HttpChange::kRequestInTwo, 0, "keep-alive, request in two writes"});
  for (const std::int64_t think : request.think_us)
    blocks.push_back({HttpMode::kKeepAlive, HttpChange::kThink, think, "keep-alive with a rest"});
  return blocks;
}

LoadSpec SpecOf(const Block& block, const HttpRequest& request) {
  const HttpChange change = block.change;
  LoadSpec spec = request.spec;
  spec.requests = kBlockRequests;
  spec.duration = kBlockTime;
  spec.connections = 1;
  spec.threads = 1;
  spec.rate = 0;
  spec.think = std::chrono::microseconds(block.think_us);
  spec.keep_alive = block.mode != HttpMode::kNewConnection;
  if (!spec.keep_alive && !request.closing_request.empty()) spec.request = request.closing_request;
  spec.pipeline = block.mode == HttpMode::kPipelined ? kPipeline : 1;
  spec.quickack = change == HttpChange::kQuickAck || change == HttpChange::kAtEthernetMssQuickAck;
  if (change == HttpChange::kAtEthernetMss || change == HttpChange::kAtEthernetMssQuickAck)
    spec.mss = kEthernetMss;
  spec.cut = change == HttpChange::kRequestInTwo ? RequestCut::kInTwo : RequestCut::kWhole;
  spec.keep = kBlockRequests;
  spec.pieces = kPieces;
  return spec;
}

/// Runs block after block, and keeps blocks of one kind together.
class Bench {
 public:
  Bench(LoadClient& client, const HttpRequest& request, const HttpWatch& watch)
      : client_(client), request_(request), watch_(watch) {}

  void Expect(std::size_t blocks, std::chrono::nanoseconds time) {
    progress_.runs += blocks;
    progress_.expected += time;
  }

  Status Run(const Block& block, const LoadSpec& spec) {
    if (stopped_) return {};
    progress_.label = block.label;
    ++progress_.run;
    const std::chrono::nanoseconds before = progress_.elapsed;
    Result<LoadResult> load =
        client_.Run(spec, [&](std::uint64_t requests, std::chrono::nanoseconds elapsed) {
          Note(requests, before, elapsed);
          stopped_ = stopped_ || watch_(progress_);
          return stopped_;
        });
    if (!load) return Fail(load.error());
    progress_.elapsed = before + std::chrono::nanoseconds(load->elapsed_ns);
    stopped_ = stopped_ || load->interrupted;
    Keep(block, std::move(*load));
    return {};
  }

  [[nodiscard]] bool stopped() const { return stopped_; }

  /// One answer in a hundred came late: worth asking why.
  [[nodiscard]] bool SawStalls() const {
    return std::any_of(runs_.begin(), runs_.end(), [this](const HttpRun& run) {
      const StallSummary stalls = StallsOf(run.load, request_.hz);
      return stalls.count > 0 && stalls.fraction >= 0.01;
    });
  }

  std::vector<HttpRun> Finish() {
    for (HttpRun& run : runs_) run.stalls = StallsOf(run.load, request_.hz);
    return std::move(runs_);
  }

 private:
  void Note(std::uint64_t requests, std::chrono::nanoseconds before,
            std::chrono::nanoseconds elapsed) {
    const double seconds = static_cast<double>(elapsed.count()) / 1e9;
    progress_.requests = requests;
    progress_.elapsed = before + elapsed;
    progress_.rate = seconds > 0 ? static_cast<double>(requests) / seconds : 0;
  }

  void Keep(const Block& block, LoadResult load) {
    const HttpBlock tally{next_place_++, load.samples.size()};
    for (HttpRun& run : runs_) {
      if (run.mode != block.mode || run.change != block.change || run.think_us != block.think_us)
        continue;
      run.blocks.push_back(tally);
      return MergeLoad(run.load, std::move(load));
    }
    runs_.push_back({block.mode, block.change, {tally}, block.think_us, std::move(load), {}});
  }

  LoadClient& client_;
  const HttpRequest& request_;
  const HttpWatch& watch_;
  HttpProgress progress_;
  std::vector<HttpRun> runs_;
  std::uint32_t next_place_ = 0;
  bool stopped_ = false;
};

Status RunAll(Bench& bench, const std::vector<Block>& blocks, const HttpRequest& request) {
  bench.Expect(blocks.size(), kBlockTime * static_cast<int>(blocks.size()));
  for (const Block& block : blocks) {
    if (Status ran = bench.Run(block, SpecOf(block, request)); !ran) return ran;
  }
  return {};
}

Status RunAsAsked(Bench& bench, const HttpRequest& request) {
  const LoadSpec& spec = request.spec;
  const HttpMode mode = !spec.keep_alive    ? HttpMode::kNewConnection
                        : spec.pipeline > 1 ? HttpMode::kPipelined
                                            : HttpMode::kKeepAlive;
  bench.Expect(1, spec.duration);
  return bench.Run({mode, HttpChange::kAsked, spec.think.count(), "the load as asked"}, spec);
}

}  // namespace

Result<HttpResult> RunHttp(LoadClient& client, const HttpRequest& request, const HttpWatch& watch) {
  Bench bench(client, request, watch);
  Status ran;
  if (request.ask != HttpAsk::kDiagnosis) ran = RunAsAsked(bench, request);
  if (!ran) return Fail(ran.error());
  if (request.ask == HttpAsk::kDiagnosis) ran = RunAll(bench, DiagnosisBlocks(request), request);
  if (request.ask == HttpAsk::kLoadAndProof && bench.SawStalls())
    ran = RunAll(bench, ProofBlocks(request), request);
  HttpResult result;
  result.partial = bench.stopped();
  result.runs = bench.Finish();
  if (!ran && result.runs.empty()) return Fail(ran.error());
  result.verdict = JudgeHttp(result.runs, request.hz);
  if (!ran) result.verdict.warnings.push_back("a later run failed: " + ran.error().message);
  return result;
}

}  // namespace tunewire
