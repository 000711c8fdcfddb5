#include "http/judge_words.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/latency/interval.h"

namespace tunewire {
namespace {

std::int64_t MedianOf(const HttpRun& run) { return QuantileOf(LatenciesOf(run.load), 0.5); }

std::string Percent(double fraction) {
  const double percent = fraction * 100;
  return percent > 0 && percent < 1 ? Format("{:.1f} %", percent) : Format("{:.0f} %", percent);
}

/// "every 3rd", "98 % of".
std::string HowOften(const StallSummary& stalls, double fraction) {
  if (stalls.period && *stalls.period > 1) {
    const std::uint32_t n = *stalls.period;
    return Format("every {}{} of the", n, n == 2 ? "nd" : n == 3 ? "rd" : "th");
  }
  return Percent(fraction) + " of the";
}

}  // namespace

std::string NagleSentence(const HttpRun& run, const HttpRun* fresh, const HttpProof& proof,
                          const std::optional<Silence>& silence) {
  const bool parts = silence && silence->bytes_before > 0;
  const std::string what =
      Format("the server answers in {} writes, {} waits {} for our ACK",
             parts ? "several" : "small", parts ? "a later one" : "one", ShortTime(proof.wait_ns));
  const double ratio =
      fresh == nullptr || MedianOf(*fresh) == 0
          ? 0
          : static_cast<double>(MedianOf(run)) / static_cast<double>(MedianOf(*fresh));
  if (ratio >= 2)
    return Format("keep-alive is {:.0f} x slower than new connections: {}", ratio, what);
  return Format("{} answers on a kept connection come late: {}",
                HowOften(run.stalls, proof.effect.before), what);
}

std::vector<std::string> NagleReasons(const HttpRun& run, const HttpProof& proof,
                                      const std::optional<Silence>& silence) {
  std::vector<std::string> reasons;
  reasons.push_back(
      Format("{} of the answers wait; with our ACKs at once (TCP_QUICKACK after every recv) {} "
             "(95 % interval of the change: {:.0f} to {:.0f} points)",
             Percent(proof.effect.before), Percent(proof.effect.after),
             proof.effect.interval.low * 100, proof.effect.interval.high * 100));
  if (silence) reasons.push_back("one of them, as it arrived: " + DescribeSilence(*silence));
  if (run.stalls.first && run.stalls.period && *run.stalls.period > 1) {
    reasons.push_back(Format("the first is request {}, then every {}{}", *run.stalls.first,
                             *run.stalls.period,
                             *run.stalls.period == 2   ? "nd"
                             : *run.stalls.period == 3 ? "rd"
                                                       : "th"));
  }
  return reasons;
}

std::vector<HttpFix> NagleFixes() {
  return {
      {"server", "one_write", "write head and body at once: one write, writev or MSG_MORE"},
      {"server", "nodelay",
       "set TCP_NODELAY on accepted connections, or on the listening socket (nginx: tcp_nodelay "
       "on)"},
      {"client", "quickack_always",
       "set TCP_QUICKACK again after every recv; set once it does not last"},
      {"client", "route_quickack", "ip route change ... quickack 1, for this server's route"}};
}

std::string CorkSentence(const HttpRun& run) {
  return Format("{} answers on a kept connection wait {}: the server keeps its last bytes back",
                HowOften(run.stalls, run.stalls.fraction), ShortTime(run.stalls.median_ns));
}

std::vector<std::string> CorkReasons(const HttpRun& run, const HttpRun& fresh,
                                     const std::optional<Silence>& silence) {
  std::vector<std::string> reasons;
  reasons.push_back(
      Format("{} is the kernel's timer for data that was held back (200 ms and some ticks)",
             ShortTime(run.stalls.median_ns)));
  reasons.push_back(Format("new connections take {}: closing sends what TCP_CORK or MSG_MORE holds",
                           ShortTime(MedianOf(fresh))));
  reasons.push_back("our ACKs at once change nothing: it is not Nagle");
  if (silence) reasons.push_back("one of them, as it arrived: " + DescribeSilence(*silence));
  reasons.push_back("likely only: from here nobody can see the server's socket");
  return reasons;
}

std::vector<HttpFix> CorkFixes() {
  return {{"server", "uncork",
           "take TCP_CORK off, or leave MSG_MORE out, with the last write of an answer"}};
}

std::string SlowSentence(std::int64_t typical_ns, const StallSummary& slow, bool usually) {
  if (usually)
    return Format("no stall: the server, or what is behind it, takes {}", ShortTime(typical_ns));
  return Format("no stall: the server, or what is behind it, takes {} for {} of the requests",
                ShortTime(typical_ns), Percent(slow.fraction));
}

std::vector<std::string> SlowReasons(const HttpProof& proof, const std::optional<Silence>& silence,
                                     std::int64_t acked_median_ns) {
  std::vector<std::string> reasons;
  reasons.push_back(Format(
      "our ACKs at once (TCP_QUICKACK after every recv) change nothing: median {}, {} late "
      "against {}",
      ShortTime(acked_median_ns), Percent(proof.effect.after), Percent(proof.effect.before)));
  if (silence) reasons.push_back("one of them, as it arrived: " + DescribeSilence(*silence));
  return reasons;
}

std::string BehindItWords(const StallSummary& slow) {
  return Format(
      "{} is also what a delayed ACK takes: a stall between this server and one behind it would "
      "look just so; ask that one too",
      ShortTime(slow.median_ns));
}

std::vector<HttpFix> SlowFixes() {
  return {
      {"server", "profile", "look into the server or what it waits for; no socket option helps"}};
}

std::string FineSentence(const HttpRun& run, const HttpRun* fresh) {
  const std::string kept = ShortTime(MedianOf(run));
  if (fresh == nullptr) return Format("no stall: a kept connection answers in {}", kept);
  return Format("no stall: {} on a kept connection, {} on a new one", kept,
                ShortTime(MedianOf(*fresh)));
}

std::string RareWords(const StallSummary& slow) {
  return Format("{} of {} answers took {} (median of them): too few to tell why", slow.count,
                slow.n, ShortTime(slow.median_ns));
}

std::string UnprovenSentence(const StallSummary& slow) {
  const bool like_nagle = slow.kind == StallKind::kDelayedAck;
  return Format("{} of the answers take {}{}", Percent(slow.fraction), ShortTime(slow.median_ns),
                like_nagle
                    ? ", as Nagle with delayed ACK or a slow server would make them; only the "
                      "runs with our ACKs at once tell which"
                    : "; no run tells why");
}

std::string ReverseWords(const HttpProof& reverse) {
  return Format(
      "a client that writes its request in two waits {} for the server's ACK in {} of the "
      "requests: "
      "write requests at once",
      ShortTime(reverse.wait_ns), Percent(reverse.effect.before));
}

std::string ErrorWords(const HttpRun& run) {
  std::string kinds;
  for (std::size_t i = 1; i < run.load.errors.size(); ++i) {
    if (run.load.errors[i] == 0) continue;
    kinds += Format("{}{} {}", kinds.empty() ? "" : ", ", run.load.errors[i],
                    NameOf(static_cast<HttpError>(i)));
  }
  return Format("{}: {} of {} requests failed ({})", NameOf(run.mode),
                run.load.requests - run.load.ok, run.load.requests, kinds);
}

}  // namespace tunewire
