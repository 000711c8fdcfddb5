// Whose stall it is. The server's Nagle is named only where answering its segments at once, and
// nothing else, makes the wait go away; a server that works cannot be moved by our ACKs.
#include <algorithm>

#include "base/format.h"
#include "http/judge_words.h"
#include "http/stall_view.h"
#include "tunewire/http/verdict.h"

namespace tunewire {
namespace {

/// Below this nobody speaks of a server that answers late, nor of a stall.
constexpr double kFewest = 0.02;

const HttpRun* FindRun(std::span<const HttpRun> runs, HttpMode mode, HttpChange change) {
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const HttpRun& run) {
    return run.mode == mode && run.change == change;
  });
  return found == runs.end() || LatenciesOf(found->load).empty() ? nullptr : &*found;
}

/// Blocks of both, and one of each kind between two of the other.
bool Interleaved(const HttpRun& a, const HttpRun& b) {
  if (a.blocks.size() < 2 || b.blocks.empty()) return false;
  return std::any_of(b.blocks.begin(), b.blocks.end(), [&](const HttpBlock& block) {
    return a.blocks.front().place < block.place && block.place < a.blocks.back().place;
  });
}

/// The wait and what our ACKs at once make of it. What the changed run still takes is the server's
/// own time; a request that takes half of the shortest delayed ACK more has waited.
HttpProof Prove(const HttpRun& plain, const HttpRun& acked, int hz) {
  const std::vector<std::int64_t> before = LatenciesOf(plain.load);
  const std::vector<std::int64_t> after = LatenciesOf(acked.load);
  const std::int64_t own = QuantileOf(after, 0.5);
  const std::int64_t limit = own + TimersOf(plain.load, hz).delack_min_ns / 2;
  std::vector<std::int64_t> waits;
  for (const std::int64_t latency : before) {
    if (latency > limit) waits.push_back(latency - own);
  }
  const auto still = static_cast<std::uint64_t>(std::count_if(
      after.begin(), after.end(), [limit](std::int64_t latency) { return latency > limit; }));
  HttpProof proof;
  proof.effect = FractionEffect(waits.size(), before.size(), still, after.size());
  proof.wait_ns = QuantileOf(waits, 0.5);
  proof.holds = proof.effect.before >= kFewest && proof.effect.interval.high < 0 &&
                proof.effect.after < proof.effect.before / 4;
  proof.interleaved = Interleaved(plain, acked);
  return proof;
}

/// Corked data leaves with the next write, at close, or by the persist timer, 200 ms and one to
/// four ticks after it was written (net/ipv4/tcp_timer.c). New connections close; kept ones wait.
bool LooksCorked(const HttpRun& plain, const HttpRun* fresh, int hz) {
  const std::int64_t tick = 1'000'000'000 / (hz > 0 ? hz : 250);
  const TimerFacts timers = TimersOf(plain.load, hz);
  const std::int64_t from = timers.rto_min_ns + timers.min_rtt_ns + tick / 2;
  const std::vector<std::int64_t> latencies = LatenciesOf(plain.load);
  const auto within = std::count_if(latencies.begin(), latencies.end(), [&](std::int64_t latency) {
    return latency >= from && latency < from + 5 * tick;
  });
  const bool fresh_is_quick =
      fresh != nullptr && QuantileOf(LatenciesOf(fresh->load), 0.5) < timers.rto_min_ns / 2;
  return fresh_is_quick &&
         static_cast<double>(within) >= 0.2 * static_cast<double>(latencies.size());
}

class Judgement {
 public:
  Judgement(std::span<const HttpRun> runs, int hz)
      : hz_(hz),
        plain_(FindRun(runs, HttpMode::kKeepAlive, HttpChange::kNothing)),
        acked_(FindRun(runs, HttpMode::kKeepAlive, HttpChange::kQuickAck)),
        fresh_(FindRun(runs, HttpMode::kNewConnection, HttpChange::kNothing)),
        in_two_(FindRun(runs, HttpMode::kKeepAlive, HttpChange::kRequestInTwo)),
        mss_(FindRun(runs, HttpMode::kKeepAlive, HttpChange::kAtEthernetMss)),
        mss_acked_(FindRun(runs, HttpMode::kKeepAlive, HttpChange::kAtEthernetMssQuickAck)),
        asked_(FindAsked(runs)) {}

  HttpVerdict Say() {
    if (plain_ == nullptr) {
      SayWithoutProof();
      return std::move(verdict_);
    }
    const HttpProof here = acked_ != nullptr ? Prove(*plain_, *acked_, hz_) : HttpProof();
    const HttpProof ethernet =
        mss_ != nullptr && mss_acked_ != nullptr ? Prove(*mss_, *mss_acked_, hz_) : HttpProof();
    if (here.holds) {
      SayNagle(*plain_, here);
    } else if (ethernet.holds) {
      SayNagle(*mss_, ethernet);
    } else if (LooksCorked(*plain_, fresh_, hz_)) {
      SayCork();
    } else {
      SaySlowOrFine(here);
    }
    if (mss_ != nullptr) SayWhatLoopbackDoes(here, ethernet);
    SayReverse();
    for (const HttpRun* run : {plain_, fresh_}) NoteErrors(run);
    return std::move(verdict_);
  }

 private:
  static const HttpRun* FindAsked(std::span<const HttpRun> runs) {
    const auto found = std::find_if(runs.begin(), runs.end(), [](const HttpRun& run) {
      return run.change == HttpChange::kAsked;
    });
    return found == runs.end() || LatenciesOf(found->load).empty() ? nullptr : &*found;
  }

  void SayNagle(const HttpRun& run, const HttpProof& proof) {
    verdict_.stall = true;
    verdict_.side = "server";
    verdict_.cause = HttpCause::kServerNagle;
    verdict_.confirmed = proof.interleaved;
    verdict_.effect = proof.effect;
    const std::optional<Silence> silence = TypicalSilence(run.load, proof.wait_ns / 2);
    verdict_.sentence = NagleSentence(run, fresh_, proof, silence);
    verdict_.reasons = NagleReasons(run, proof, silence);
    if (!proof.interleaved)
      verdict_.reasons.push_back(
          "likely only: the runs with our ACKs at once were not interleaved");
    verdict_.fixes = NagleFixes();
  }

  void SayCork() {
    verdict_.stall = true;
    verdict_.side = "server";
    verdict_.cause = HttpCause::kServerCork;
    const std::optional<Silence> silence = TypicalSilence(plain_->load, 100'000'000);
    verdict_.sentence = CorkSentence(*plain_);
    verdict_.reasons = CorkReasons(*plain_, *fresh_, silence);
    verdict_.fixes = CorkFixes();
  }

  void SaySlowOrFine(const HttpProof& proof) {
    const std::vector<std::int64_t> latencies = LatenciesOf(plain_->load);
    const StallSummary& slow = plain_->stalls;
    const std::int64_t median = QuantileOf(latencies, 0.5);
    const bool usually = median >= TimersOf(plain_->load, hz_).delack_min_ns / 2;
    const bool often = slow.n > 0 && slow.fraction >= 0.05 && slow.interval.low >= kFewest;
    if (acked_ == nullptr && (usually || often)) return SayUnproven(*plain_);
    if (!usually && !often) {
      verdict_.sentence = FineSentence(*plain_, fresh_);
      if (slow.count > 0) verdict_.warnings.push_back(RareWords(slow));
      return;
    }
    const std::optional<Silence> silence = TypicalSilence(plain_->load, 20'000'000);
    verdict_.side = "server";
    verdict_.cause = HttpCause::kSlowServer;
    verdict_.confirmed = proof.interleaved;
    verdict_.sentence = SlowSentence(usually ? median : slow.median_ns, slow, usually);
    verdict_.reasons = SlowReasons(proof, silence, QuantileOf(LatenciesOf(acked_->load), 0.5));
    if (slow.kind == StallKind::kDelayedAck && slow.count > 0)
      verdict_.warnings.push_back(BehindItWords(slow));
    verdict_.fixes = SlowFixes();
  }

  void SayWithoutProof() {
    if (asked_ == nullptr) {
      verdict_.cause = HttpCause::kUnknown;
      verdict_.sentence = "no answer came back whole";
      return;
    }
    if (asked_->stalls.fraction >= 0.01 && asked_->stalls.count > 0) return SayUnproven(*asked_);
    verdict_.sentence = "no stall";
    NoteErrors(asked_);
  }

  void SayUnproven(const HttpRun& run) {
    verdict_.cause = HttpCause::kUnknown;
    verdict_.sentence = UnprovenSentence(run.stalls);
  }

  void SayWhatLoopbackDoes(const HttpProof& here, const HttpProof& ethernet) {
    if (here.holds && ethernet.holds) {
      verdict_.reasons.push_back(
          Format("at Ethernet's MSS (TCP_MAXSEG 1460) as well: {:.0f} % wait",
                 ethernet.effect.before * 100));
    } else if (here.holds) {
      verdict_.warnings.push_back(
          "only loopback shows this: at Ethernet's MSS (TCP_MAXSEG 1460) nothing waits");
    } else if (ethernet.holds) {
      verdict_.warnings.push_back(
          "loopback hides this: it appears at Ethernet's MSS (TCP_MAXSEG 1460) only");
    }
  }

  void SayReverse() {
    if (in_two_ == nullptr) return;
    const HttpProof reverse = Prove(*in_two_, *plain_, hz_);
    if (reverse.holds) verdict_.warnings.push_back(ReverseWords(reverse));
  }

  void NoteErrors(const HttpRun* run) {
    if (run == nullptr || run->load.ok == run->load.requests) return;
    verdict_.warnings.push_back(ErrorWords(*run));
  }

  int hz_;
  const HttpRun *plain_, *acked_, *fresh_, *in_two_, *mss_, *mss_acked_, *asked_;
  HttpVerdict verdict_;
};

}  // namespace

HttpVerdict JudgeHttp(std::span<const HttpRun> runs, int hz) { return Judgement(runs, hz).Say(); }

}  // namespace tunewire
