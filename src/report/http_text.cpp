// tunewire http for people: verdict, the modes side by side, where the time went, what to do.
#include <algorithm>

#include "base/format.h"
#include "report/http_report.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string_view WordsOf(const HttpRun& run) {
  switch (run.change) {
    case HttpChange::kNothing:
    case HttpChange::kAsked:
      return run.mode == HttpMode::kNewConnection ? "new connection"
             : run.mode == HttpMode::kPipelined   ? "pipelined"
                                                  : "keep-alive";
    case HttpChange::kQuickAck:
      return "  our ACKs at once";
    case HttpChange::kRequestInTwo:
      return "  request in two writes";
    case HttpChange::kEthernetMss:
      return "  Ethernet's MSS";
    case HttpChange::kEthernetMssQuickAck:
      return "  Ethernet's MSS, ACKs";
    case HttpChange::kThink:
      return "  rest";
  }
  return "";
}

std::string NameWithThink(const HttpRun& run) {
  std::string name(WordsOf(run));
  if (run.change == HttpChange::kThink)
    name += " of " + ShownTime(run.think_us * 1000) + " between";
  return name;
}

double RateOf(const LoadResult& load) {
  return load.elapsed_ns <= 0
             ? 0
             : static_cast<double>(load.ok) / (static_cast<double>(load.elapsed_ns) / 1e9);
}

/// With --rate the latency from the intended time is the one that counts.
const Histogram& Shown(const HttpRun& run, const HttpRequest& request) {
  return run.change == HttpChange::kAsked && request.spec.rate > 0 ? run.load.corrected
                                                                   : run.load.latency;
}

std::string TableRow(const HttpRun& run, const HttpRequest& request, const Style& style) {
  const Histogram& latency = Shown(run, request);
  std::string line = "  " + PadRight(Cut(NameWithThink(run), 24, style), 24);
  line += PadLeft(Format("{}", run.load.requests), 9) + PadLeft(ShownRate(RateOf(run.load)), 9);
  for (const double quantile : {0.5, 0.99})
    line += PadLeft(latency.count() == 0 ? "-" : ShownTime(latency.At(quantile)), 10);
  line += PadLeft(run.stalls.count == 0 ? "-" : ShownShare(run.stalls.fraction), 9);
  return line + "\n";
}

std::string Table(const HttpView& view, const Style& style) {
  std::string text = "  " + PadRight("", 24) + PadLeft("requests", 9) + PadLeft("req/s", 9) +
                     PadLeft("p50", 10) + PadLeft("p99", 10) + PadLeft("late", 9) + "\n";
  text = Paint(style, Tone::kDim, text.substr(0, text.size() - 1)) + "\n";
  for (const HttpRun& run : view.result.runs) text += TableRow(run, view.request, style);
  return text;
}

std::string PhaseRow(std::string_view name, const Histogram& times) {
  if (times.count() == 0) return "";
  return "  " + PadRight(std::string(name), 24) +
         PadLeft(ShownTime(static_cast<std::int64_t>(times.mean())), 12) +
         PadLeft(ShownTime(times.smallest()), 12) + PadLeft(ShownTime(times.largest()), 12) + "\n";
}

std::string Phases(const HttpView& view, const HttpRun& run, const Style& style) {
  std::string rows;
  if (view.result.lookup_ns > 0) {
    Histogram lookup;
    lookup.Record(view.result.lookup_ns);
    rows += PhaseRow("name look-up", lookup);
  }
  rows += PhaseRow("connect", run.load.connect) + PhaseRow("first byte", run.load.first_byte) +
          PhaseRow("transfer", run.load.transfer) + PhaseRow("whole answer", run.load.latency);
  const std::string head = "  " + PadRight("", 24) + PadLeft("average", 12) +
                           PadLeft("fastest", 12) + PadLeft("slowest", 12);
  return Paint(style, Tone::kDim, head) + "\n" + rows;
}

std::string Statuses(const LoadResult& load) {
  std::string text;
  for (std::size_t code = 0; code < load.statuses.size(); ++code) {
    if (load.statuses[code] > 0)
      text += Format("{}{} x {}", text.empty() ? "" : ", ", code, load.statuses[code]);
  }
  return text;
}

std::string Errors(const LoadResult& load) {
  std::string text;
  for (std::size_t i = 1; i < load.errors.size(); ++i) {
    if (load.errors[i] > 0)
      text += Format("{}{} x {}", text.empty() ? "" : ", ", NameOf(static_cast<HttpError>(i)),
                     load.errors[i]);
  }
  return text;
}

std::string Distribution(const Histogram& latency, const Style& style) {
  std::string line;
  for (const double percent : {10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99}) {
    line += Format("{}{:g} % {}", line.empty() ? "" : "   ", percent,
                   ShownTime(latency.At(percent / 100)));
  }
  return Indented(line, 2, style);
}

std::string Totals(const HttpView& view, const HttpRun& run, const Style& style) {
  const LoadResult& load = run.load;
  const double success =
      load.requests == 0 ? 0 : static_cast<double>(load.ok) / static_cast<double>(load.requests);
  const std::uint64_t each = load.ok == 0 ? 0 : load.bytes_received / load.ok;
  const double seconds = static_cast<double>(load.elapsed_ns) / 1e9;
  const auto per_second = static_cast<std::uint64_t>(
      seconds > 0 ? static_cast<double>(load.bytes_received) / seconds : 0);
  std::string text =
      Indented(Format("success {}   total {}   {} req/s   {} a request   {}/s", ShownShare(success),
                      ShownTime(load.elapsed_ns), ShownRate(RateOf(load)), FormatBytes(each),
                      FormatBytes(per_second)),
               2, style);
  const std::string errors = Errors(load);
  text += Indented("status " + Statuses(load) + (errors.empty() ? "" : "   errors " + errors), 2,
                   style);
  if (load.reconnects > 0)
    text += Indented(
        Format("the server closed {} connections that were to be kept", load.reconnects), 2, style);
  text += Indented(Format("client: {:.0f} % of one CPU, {} at most", ClientCpuPercent(view.result),
                          FormatBytes(load.client_peak_rss_bytes)),
                   2, style);
  return text;
}

std::string_view VerdictWord(const HttpView& view) {
  const HttpVerdict& verdict = view.result.verdict;
  if (verdict.stall) return "STALLS";
  if (verdict.cause == HttpCause::kSlowServer) return "SLOW";
  return verdict.cause == HttpCause::kUnknown ? "UNKNOWN" : "FINE";
}

Tone VerdictTone(const HttpView& view) {
  const HttpVerdict& verdict = view.result.verdict;
  return verdict.stall ? Tone::kBad : verdict.cause == HttpCause::kNone ? Tone::kGood : Tone::kWarn;
}

std::string Numbers(const HttpView& view) {
  const HttpVerdict& verdict = view.result.verdict;
  const std::string partial = view.result.partial ? "partial, " : "";
  if (verdict.stall)
    return partial +
           Format("{}, {}",
                  verdict.cause == HttpCause::kServerCork ? "cork left open" : "the server's Nagle",
                  verdict.confirmed ? "confirmed" : "likely");
  return view.result.partial ? "partial" : "";
}

std::string Lines(std::string_view head, const std::vector<std::string>& lines,
                  const Style& style) {
  std::string text;
  for (const std::string& line : lines) {
    const std::vector<std::string> wrapped = Wrap(line, style.columns - 9);
    for (std::size_t i = 0; i < wrapped.size(); ++i) {
      text += PadRight(text.empty() ? std::string(head) : "", 7) + (i == 0 ? "" : "  ") +
              wrapped[i] + "\n";
    }
  }
  return text;
}

std::string FixLines(const HttpVerdict& verdict, const Style& style) {
  std::vector<std::string> lines;
  for (const HttpFix& fix : verdict.fixes) lines.push_back(fix.side + ": " + fix.text);
  return Lines("fix:", lines, style);
}

/// Percent of all CPUs that a client may use before its own figures are in doubt.
constexpr double kBusyClient = 90;

std::vector<std::string> Warnings(const HttpView& view) {
  std::vector<std::string> warnings = view.result.verdict.warnings;
  const double busy =
      ClientCpuPercent(view.result) /
      std::max(1.0, static_cast<double>(std::min<std::uint32_t>(
                        view.request.spec.threads, static_cast<std::uint32_t>(view.cpus))));
  if (busy > kBusyClient && view.request.ask != HttpAsk::kDiagnosis)
    warnings.push_back(
        Format("this client used {:.0f} % of its CPUs: it may be the bottleneck (more threads: -t)",
               busy));
  for (const std::string& line : view.forecast) warnings.push_back(line);
  return warnings;
}

std::string ServerLine(const HttpView& view, const Style& style) {
  if (view.server.empty()) return "";
  double cpu = 0;
  std::uint64_t rss = 0;
  for (const ServerSample& sample : view.server) {
    cpu = std::max(cpu, sample.cpu_percent);
    rss = std::max(rss, sample.rss_bytes);
  }
  return Indented(Format("server: up to {:.0f} % of one CPU, {} resident, {} processes", cpu,
                         FormatBytes(rss), view.server.back().processes),
                  2, style);
}

}  // namespace

const HttpRun* MainRun(const HttpResult& result) {
  const HttpRun* found = nullptr;
  for (const HttpRun& run : result.runs) {
    if (run.change == HttpChange::kAsked) return &run;
    if (run.mode == HttpMode::kKeepAlive && run.change == HttpChange::kNothing) found = &run;
  }
  return found != nullptr || result.runs.empty() ? found : &result.runs.front();
}

double ClientCpuPercent(const HttpResult& result) {
  double cpu = 0, elapsed = 0;
  const HttpRun* main = MainRun(result);
  for (const HttpRun& run : result.runs) {
    if (main != nullptr && main->change == HttpChange::kAsked && &run != main) continue;
    cpu += static_cast<double>(run.load.client_cpu_ns);
    elapsed += static_cast<double>(run.load.elapsed_ns);
  }
  return elapsed <= 0 ? 0 : 100 * cpu / elapsed;
}

std::string HttpText(const HttpView& view, const Target& target, const Style& style) {
  const HttpVerdict& verdict = view.result.verdict;
  std::string text =
      VerdictLine(VerdictWord(view), VerdictTone(view), Printable(view.url), Numbers(view), style);
  text += "\n" + Indented(verdict.sentence, 2, style);
  const HttpRun* main = MainRun(view.result);
  if (main == nullptr || style.detail == Detail::kQuiet) return text;
  text += "\n" + Table(view, style);
  const bool open = view.request.spec.rate > 0 && main->change == HttpChange::kAsked;
  const Histogram& latency = Shown(*main, view.request);
  text +=
      Format("\n{}{}:\n", WordsOf(*main), open ? ", from the intended time of each request" : "");
  TimerFacts timers;
  timers.hz = view.request.hz;
  timers.min_rtt_ns = main->load.min_rtt_ns.value_or(0);
  text += HistogramText(latency, StallBands(timers), style) + PercentileText(latency, style);
  if (main->change == HttpChange::kAsked || style.detail == Detail::kVerbose) {
    text += Distribution(latency, style) + "\n" + Phases(view, *main, style) + "\n" +
            Totals(view, *main, style);
  }
  text += ServerLine(view, style) + "\n";
  text += Lines("proof:", verdict.reasons, style) + FixLines(verdict, style) +
          Lines("note:", Warnings(view), style);
  if (verdict.stall)
    text += Format("exit 1.  next: tunewire http{} {}   after the fix\n", Printable(target.flags),
                   Printable(ShellWord(view.url)));
  return text;
}

}  // namespace tunewire
