#include "probe/variations.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/format.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

bool IsWrite(StepKind kind) {
  return kind == StepKind::kWrite || kind == StepKind::kMore || kind == StepKind::kWritev;
}

/// After these the peer has had its say: no write waits for the one before.
bool EndsMessage(StepKind kind) { return kind == StepKind::kRead || kind == StepKind::kAwaitAck; }

bool Holds(const Script& script) { return CloseHolds(script) != script; }

EndSet Where(bool client, bool server) { return {client, server}; }

bool Any(EndSet ends) { return ends.client || ends.server; }

class Joiner {
 public:
  bool Add(const Step& step) {
    if (IsWrite(step.kind)) return AddPieces(step.sizes);
    if (EndsMessage(step.kind)) {
      Flush();
      out_.push_back(step);
    } else if (step.kind == StepKind::kSleep) {
      (sizes_.empty() ? out_ : pauses_).push_back(step);
    }
    return true;
  }

  Script Finish() {
    Flush();
    return std::move(out_);
  }

 private:
  bool AddPieces(std::span<const std::uint32_t> sizes) {
    out_.insert(out_.end(), pauses_.begin(), pauses_.end());
    pauses_.clear();
    return std::ranges::all_of(sizes, [this](std::uint32_t size) { return AddPiece(size); });
  }

  bool AddPiece(std::uint32_t size) {
    if (sizes_.size() < kMostPieces) {
      sizes_.push_back(size);
      return true;
    }
    sizes_.back() += size;
    return sizes_.back() <= kLargestPiece;
  }

  void Flush() {
    if (!sizes_.empty()) {
      const StepKind kind = sizes_.size() == 1 ? StepKind::kWrite : StepKind::kWritev;
      out_.push_back({kind, sizes_, {}});
    }
    out_.insert(out_.end(), pauses_.begin(), pauses_.end());
    sizes_.clear();
    pauses_.clear();
  }

  Script out_, pauses_;
  std::vector<std::uint32_t> sizes_;
};

class Closer {
 public:
  void Add(const Step& step) {
    if (EndsMessage(step.kind)) Close();
    if (step.kind == StepKind::kCork) corked_ = true;
    if (step.kind == StepKind::kUncork) corked_ = false;
    out_.push_back(step);
    if (IsWrite(step.kind)) more_ = step.kind == StepKind::kMore ? out_.size() : 0;
  }

  Script Finish() {
    Close();
    return std::move(out_);
  }

 private:
  void Close() {
    if (more_ != 0) out_[more_ - 1].kind = StepKind::kWrite;
    if (corked_) out_.push_back({StepKind::kUncork, {}, {}});
    more_ = 0;
    corked_ = false;
  }

  Script out_;
  std::size_t more_ = 0;  ///< 1 + the index of a last write with MSG_MORE
  bool corked_ = false;
};

template <class Change>
Traffic Changed(const Traffic& asked, EndSet ends, const Change& change) {
  Traffic traffic = asked;
  if (ends.client) change(traffic.client, traffic.client_options);
  if (ends.server) change(traffic.server, traffic.server_options);
  return traffic;
}

void TurnNagleOff(Script& script, EndOptions& options) {
  options.nagle = Nagle::kOff;
  std::erase_if(script, [](const Step& step) { return step.kind == StepKind::kNagle; });
}

void JoinOrKeep(Script& script, EndOptions&) {
  if (!WritesInPieces(script)) return;
  if (std::optional<Script> joined = JoinWrites(script)) script = std::move(*joined);
}

/// The kernel refuses less than two jiffies (TCP_DELACK_MAX_US, Linux 6.15).
std::chrono::microseconds ShortestDelackMax(int hz) {
  const int jiffies_us = hz > 0 ? 2'000'000 / hz : 20'000;
  return std::chrono::microseconds{std::max(8000, jiffies_us)};
}

std::string DelackLabel(std::chrono::microseconds most) {
  return Format("delayed-ACK maximum {}", FormatDuration(most));
}

Variation WithQuickAck(const Traffic& asked, EndSet readers, QuickAck mode) {
  const bool once = mode == QuickAck::kOnce;
  return {once ? RunRole::kQuickAckOnce : RunRole::kQuickAckAlways,
          once ? "TCP_QUICKACK once" : "TCP_QUICKACK after every recv",
          Changed(asked, readers, [mode](Script&, EndOptions& options) {
            options.quickack = std::max(options.quickack, mode);
          })};
}

Variation WithDelackMax(const Traffic& asked, EndSet readers, int hz) {
  const std::chrono::microseconds most = ShortestDelackMax(hz);
  return {
      RunRole::kDelackMax, DelackLabel(most),
      Changed(asked, readers, [most](Script&, EndOptions& options) { options.delack_max = most; })};
}

Variation WithoutPacing(const Traffic& asked) {
  // reno is built into every kernel, allowed to every user, and does not pace.
  return {RunRole::kOtherCongestion, "congestion control reno",
          Changed(asked, Where(true, true),
                  [](Script&, EndOptions& options) { options.congestion = "reno"; })};
}

/// What of `ends` can be set or scripted at all.
EndSet Reachable(EndSet ends, const VariationFacts& facts) {
  return {ends.client, ends.server && facts.server_is_ours};
}

/// How an echo server writes is not known: the client's ACKs are all that can be changed for it.
EndSet Readers(const Traffic& asked, const VariationFacts& facts) {
  return facts.server_is_ours ? ReadingEnds(asked) : Where(true, false);
}

using Order = std::array<RunRole, 7>;

Order OrderFor(Cause suspected) {
  using enum RunRole;
  switch (suspected) {
    case Cause::kCork:
      return {kUncorked,     kOneWritev, kNoDelay,        kQuickAckAlways,
              kQuickAckOnce, kDelackMax, kOtherCongestion};
    case Cause::kPacing:
      return {kOtherCongestion, kNoDelay,   kOneWritev, kQuickAckAlways,
              kQuickAckOnce,    kDelackMax, kUncorked};
    default:
      return {kNoDelay,   kQuickAckAlways, kOneWritev,      kUncorked,
              kDelackMax, kQuickAckOnce,   kOtherCongestion};
  }
}

}  // namespace

bool WritesInPieces(const Script& script) {
  int writes = 0;
  for (int round = 0; round < 2; ++round) {
    for (const Step& step : script) {
      if (EndsMessage(step.kind)) writes = 0;
      if (IsWrite(step.kind) && ++writes == 2) return true;
    }
  }
  return false;
}

EndSet WritingEnds(const Traffic& traffic) {
  const EndSet pieces = Where(WritesInPieces(traffic.client), WritesInPieces(traffic.server));
  if (Any(pieces)) return pieces;
  const EndSet holds = Where(Holds(traffic.client), Holds(traffic.server));
  if (Any(holds)) return holds;
  return Where(traffic.writer != Writer::kServer, traffic.writer != Writer::kClient);
}

EndSet ReadingEnds(const Traffic& traffic) {
  const EndSet writers = WritingEnds(traffic);
  return {writers.server, writers.client};
}

std::optional<Script> JoinWrites(const Script& script) {
  Joiner joiner;
  const bool fits =
      std::ranges::all_of(script, [&joiner](const Step& step) { return joiner.Add(step); });
  if (!fits) return std::nullopt;
  return joiner.Finish();
}

Script CloseHolds(const Script& script) {
  Closer closer;
  for (const Step& step : script) closer.Add(step);
  return closer.Finish();
}

std::vector<Variation> VariationsOf(const Traffic& asked, const VariationFacts& facts) {
  const EndSet writers = Reachable(WritingEnds(asked), facts);
  const EndSet readers = Readers(asked, facts);
  std::vector<Variation> all{
      {RunRole::kNoDelay, "TCP_NODELAY", Changed(asked, writers, TurnNagleOff)},
      WithQuickAck(asked, readers, QuickAck::kOnce),
      WithQuickAck(asked, readers, QuickAck::kAlways),
      WithDelackMax(asked, readers, facts.hz),
      {RunRole::kOneWritev, "one writev", Changed(asked, writers, JoinOrKeep)},
      {RunRole::kUncorked, "cork closed",
       Changed(asked, Reachable(Where(true, true), facts),
               [](Script& script, EndOptions&) { script = CloseHolds(script); })},
  };
  if (facts.paced) all.push_back(WithoutPacing(asked));
  std::vector<Variation> wanted;
  for (const RunRole role : OrderFor(facts.suspected)) {
    const auto found = std::ranges::find(all, role, &Variation::role);
    if (found != all.end() && found->traffic != asked) wanted.push_back(*found);
  }
  return wanted;
}

}  // namespace tunewire
