#include "report/probe_words.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/format.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "report/probe_facts.h"
#include "report/probe_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string Ordinal(std::uint64_t number) {
  const std::uint64_t tens = number % 100;
  const bool teen = tens >= 11 && tens <= 13;
  const std::uint64_t last = teen ? 0 : number % 10;
  return Format("{}{}", number, last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

std::string Tiny(std::int64_t ns) { return ns < 1000 ? Format("{} ns", ns) : ShownTime(ns); }

std::string Whose(Side side) {
  return side == Side::kBoth ? "both ends" : Format("the {}", NameOf(side));
}

ProbeWords StallWords(const ProbeResult& result, const RunReport& asked) {
  const Verdict& verdict = result.verdict;
  const StallSummary& stalls = asked.stalls;
  ProbeWords words{"STALLS", Tone::kBad, "", ""};
  words.finding = Format("{} of {} round trips wait {}", ShownShare(stalls.fraction), stalls.n,
                         ShownTime(stalls.median_ns));
  words.detail = Format("{}, {}", WordsOf(verdict.cause), NameOf(verdict.confidence));
  return words;
}

/// Slow, and not for a reason that a write pattern has.
ProbeWords SlowWords(const ProbeResult& result, const RunReport& asked) {
  const Verdict& verdict = result.verdict;
  ProbeWords words{"SLOW", Tone::kWarn, "", ""};
  words.finding =
      Format("a round trip takes {} at the median", ShownTime(asked.evidence.latency.At(0.5)));
  words.detail = Format("{}: {}, no stall", WordsOf(verdict.cause), Whose(verdict.side));
  return words;
}

ProbeWords FineWords(const RunReport& asked) {
  const Histogram& latency = asked.evidence.latency;
  ProbeWords words{"FINE", Tone::kGood, "", ""};
  words.finding = asked.stalls.count == 0 ? Format("none of {} round trips stalls", latency.count())
                                          : Format("{} of {} round trips slow, no stall",
                                                   asked.stalls.count, asked.stalls.n);
  words.detail = Format("p50 {}, p99 {}", ShownTime(latency.At(0.5)), ShownTime(latency.At(0.99)));
  return words;
}

/// "-99.9 %"; "" where there is nothing to compare with.
std::string ChangeWords(std::int64_t before, std::int64_t after) {
  if (before <= 0) return "";
  const double percent = 100 * (static_cast<double>(after) - static_cast<double>(before)) /
                         static_cast<double>(before);
  if (std::abs(percent) < 0.05) return "0 %";
  // What is nearly all is not all.
  if (percent < -99.9) return "-99.9 %";
  if (percent > 999)
    return Format("x {:.0f}", static_cast<double>(after) / static_cast<double>(before));
  return std::abs(percent) >= 10 && percent > -99 ? Format("{:+.0f} %", percent)
                                                  : Format("{:+.1f} %", percent);
}

ProofRow RowOf(const RunReport& run, const RunReport& asked) {
  const std::int64_t p50 = run.evidence.latency.At(0.5);
  ProofRow row;
  row.label = run.role == RunRole::kAsked ? "as asked" : run.label;
  row.p50 = run.evidence.latency.count() == 0 ? "-" : ShownTime(p50);
  if (&run != &asked) row.change = ChangeWords(asked.evidence.latency.At(0.5), p50);
  row.stalled = Format("{} of {}", run.stalls.count, run.stalls.n);
  return row;
}

struct Part {
  std::string_view words;
  std::int64_t ns;
};

}  // namespace

std::string_view WordsOf(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "nothing";
    case Cause::kNagleDelayedAck:
      return "Nagle + delayed ACK";
    case Cause::kCork:
      return "cork left open";
    case Cause::kLoss:
      return "loss";
    case Cause::kPacing:
      return "pacing";
    case Cause::kWindow:
      return "receive window";
    case Cause::kApplication:
      return "the program";
    case Cause::kScheduling:
      return "waiting for a CPU";
    case Cause::kUnknown:
      break;
  }
  return "cause unknown";
}

ProbeWords WordsOf(const ProbeResult& result) {
  const RunReport* asked = AskedRun(result);
  ProbeWords words;
  if (asked == nullptr || asked->evidence.latency.count() == 0) {
    words = {"NOTHING", Tone::kWarn, "no exchange was finished", ""};
  } else if (result.verdict.stall) {
    words = StallWords(result, *asked);
  } else if (result.verdict.cause != Cause::kNone) {
    words = SlowWords(result, *asked);
  } else {
    words = FineWords(*asked);
  }
  if (result.partial) words.detail += words.detail.empty() ? "partial" : ", partial";
  return words;
}

std::string SubjectOf(const ProbeResult& result, const RunReport& asked) {
  const Traffic& traffic = asked.evidence.spec.traffic;
  const bool script = traffic.pattern.find(' ') != std::string::npos;
  std::string text = Format("{} over {}", script ? "a script" : Printable(traffic.pattern),
                            Printable(result.peer));
  if (const std::uint32_t mss = MssOf(asked.evidence); mss != 0) text += Format(" (MSS {})", mss);
  if (WriterOptions(traffic).nagle == Nagle::kOff) text += ", TCP_NODELAY";
  if (ReaderOptions(traffic).quickack != QuickAck::kOff)
    text += Format(", TCP_QUICKACK {}", NameOf(ReaderOptions(traffic).quickack));
  return text + ": " + TrafficWordsOf(traffic);
}

std::string WhenWords(const StallSummary& stalls) {
  if (stalls.count == 0) return "";
  std::string text = Format("stalled: {} of {} ({:.1f} to {:.1f} %)", stalls.count, stalls.n,
                            100 * stalls.interval.low, 100 * stalls.interval.high);
  if (stalls.first) text += Format(", the first is the {}", Ordinal(*stalls.first));
  if (stalls.period)
    text +=
        *stalls.period == 1 ? ", then each" : Format(", then every {}", Ordinal(*stalls.period));
  if (stalls.fast_median_ns > 0)
    text += Format("; the others take {}", ShownTime(stalls.fast_median_ns));
  return text;
}

std::string ShareWords(const Attribution& parts) {
  std::array<Part, 8> all{{{"held by Nagle", parts.nagle_ns},
                           {"held by Nagle while the ACK was delayed", parts.delayed_ack_ns},
                           {"held by cork", parts.cork_ns},
                           {"lost, waiting to resend", parts.retransmit_ns},
                           {"paced", parts.pacing_ns},
                           {"window closed", parts.window_ns},
                           {"network", parts.network_ns},
                           {"programs", parts.application_ns}}};
  std::ranges::stable_sort(all, std::greater<>(), &Part::ns);
  std::string text;
  for (const Part& part : all) {
    if (part.ns <= 0) break;
    text += Format("{} {} {}", text.empty() ? "" : ",", ShownTime(part.ns), part.words);
  }
  return Format("its {}:", ShownTime(parts.Total())) + text;
}

std::vector<ProofGroup> ProofOf(const ProbeResult& result) {
  std::vector<ProofGroup> groups;
  const RunReport* asked = nullptr;
  for (const RunReport& run : result.runs) {
    if (run.role == RunRole::kAsked) {
      asked = &run;
      groups.push_back({MssWords(run.evidence), {}});
    }
    if (asked != nullptr) groups.back().rows.push_back(RowOf(run, *asked));
  }
  const bool varied = groups.size() > 1 || (groups.size() == 1 && groups.front().rows.size() > 1);
  return varied ? groups : std::vector<ProofGroup>();
}

std::string FixWords(const Fix& fix) {
  const bool named =
      fix.side == Side::kBoth || fix.text.find(NameOf(fix.side)) != std::string::npos;
  std::string text = named ? fix.text : Format("{}: {}", NameOf(fix.side), fix.text);
  if (!fix.effect) return text;
  const auto shown = [](double ns) { return ShownTime(std::llround(ns)); };
  return text +
         Format(" (here: {} instead of {})", shown(fix.effect->after), shown(fix.effect->before));
}

std::string NoiseWords(const Noise& noise) {
  return Format(
      "a sleep of 1 ms ends {} late at the median and {} at most; the longest pause of a "
      "busy loop {}; the clock advances by {}, a reading takes {}",
      ShownTime(noise.wakeup_p50_ns), ShownTime(noise.wakeup_max_ns),
      ShownTime(noise.largest_gap_ns), Tiny(noise.clock_resolution_ns), Tiny(noise.clock_call_ns));
}

std::vector<std::string> HostWords(const RunEvidence& run) {
  std::vector<std::string> lines;
  const auto add = [&lines](std::string_view end, const EndEvidence& evidence) {
    const EndFacts& facts = evidence.facts;
    std::string line = std::string(end);
    if (!facts.kernel.empty()) line += ": Linux " + Printable(facts.kernel);
    if (facts.hz > 0) line += Format(", HZ {}", facts.hz);
    if (facts.pingpong_thresh) line += Format(", tcp_pingpong_thresh {}", *facts.pingpong_thresh);
    const std::string& congestion = evidence.tcp.congestion.value_or(facts.congestion);
    if (!congestion.empty()) line += ", " + Printable(congestion);
    if (evidence.tcp.min_rtt_ns)
      line += Format(", shortest round trip {}", ShownTime(*evidence.tcp.min_rtt_ns));
    lines.push_back(line);
  };
  add("client", run.client);
  if (run.server) add("server", *run.server);
  return lines;
}

std::vector<std::string> CounterWords(const RunEvidence& run) {
  std::vector<std::string> lines;
  const auto add = [&lines](std::string_view end, const CounterChanges& changes) {
    std::string line;
    for (const auto& [name, change] : changes) {
      if (change != 0)
        line += Format("{}{} {:+}", line.empty() ? "" : ", ", Printable(name), change);
    }
    if (!line.empty()) lines.push_back(Format("{}: {}", end, line));
  };
  add("client", run.client.counters);
  if (run.server) add("server", run.server->counters);
  return lines;
}

std::string NextCommand(const ProbeResult& result, const std::string& arguments) {
  const Verdict& verdict = result.verdict;
  if (result.partial) return "probe" + arguments;
  const bool nodelay = arguments.find("--nodelay") != std::string::npos;
  if (verdict.stall && verdict.cause == Cause::kNagleDelayedAck && !nodelay)
    return "probe" + arguments + " --nodelay";
  if (verdict.stall) return "probe" + arguments + " -v";
  const bool local = arguments.find(':') == std::string::npos;
  return verdict.cause == Cause::kNone && local ? "probe sweep" : "probe" + arguments + " -v";
}

}  // namespace tunewire
