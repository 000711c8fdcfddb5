// tunewire http for people: verdict, the modes side by side, where the time went, what to do.
#include <algorithm>

#include "base/format.h"
#include "report/http_report.h"
#include "report/http_words.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// What a changed run is called stands further in than the mode it changes.
std::string Indent(const HttpRun& run) {
  const bool mode = run.change == HttpChange::kNothing || run.change == HttpChange::kAsked;
  return (mode ? "" : "  ") + RunLabel(run);
}

std::string TableRow(const HttpRun& run, const HttpRequest& request, const Style& style) {
  const Histogram& latency = ShownLatency(run, request);
  std::string line = "  " + PadRight(Cut(Indent(run), 24, style), 24);
  line += PadLeft(Format("{}", run.load.requests), 9) +
          PadLeft(ShownRate(RequestsPerSecond(run.load)), 9);
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

std::string Distribution(const Histogram& latency) {
  constexpr int kCell = 13;
  std::string text;
  for (const std::vector<double>& row :
       {std::vector{10.0, 25.0, 50.0, 75.0, 90.0}, std::vector{95.0, 99.0, 99.9, 99.99, 99.999}}) {
    std::string percents = "  ", times = "  ";
    for (const double percent : row) {
      percents += PadLeft(Format("{:g} %", percent), kCell);
      times += PadLeft(ShownTime(latency.At(percent / 100)), kCell);
    }
    text += percents + "\n" + times + "\n";
  }
  return text;
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
      Indented(Format("success {}, total {}, {} req/s, {} a request, {}/s", ShownShare(success),
                      ShownTime(load.elapsed_ns), ShownRate(RequestsPerSecond(load)),
                      FormatBytes(each), FormatBytes(per_second)),
               2, style);
  const std::string errors = Errors(load);
  text +=
      Indented("status " + Statuses(load) + (errors.empty() ? "" : "; errors " + errors), 2, style);
  if (load.reconnects > 0)
    text += Indented(
        Format("the server closed {} connections that were to be kept", load.reconnects), 2, style);
  text += Indented(Format("client: {:.0f} % of one CPU, {} at most", ClientCpuPercent(view.result),
                          FormatBytes(load.client_peak_rss_bytes)),
                   2, style);
  return text;
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

std::string HttpText(const HttpView& view, const Target& target, const Style& style) {
  const HttpVerdict& verdict = view.result.verdict;
  std::string text = VerdictLine(HttpWord(view.result), HttpTone(view.result), Printable(view.url),
                                 HttpNumbers(view.result), style);
  text += "\n" + Indented(verdict.sentence, 2, style);
  const HttpRun* main = MainRun(view.result);
  if (main == nullptr || style.detail == Detail::kQuiet) return text;
  text += "\n" + Table(view, style);
  const bool open = view.request.spec.rate > 0 && main->change == HttpChange::kAsked;
  const Histogram& latency = ShownLatency(*main, view.request);
  text +=
      Format("\n{}{}:\n", RunLabel(*main), open ? ", from the intended time of each request" : "");
  TimerFacts timers;
  timers.hz = view.request.hz;
  timers.min_rtt_ns = main->load.min_rtt_ns.value_or(0);
  // Beside a server that is only slow a timer's name would tell a wrong story.
  const std::vector<Band> bands = verdict.stall ? StallBands(timers) : std::vector<Band>();
  text += HistogramText(latency, bands, style) + PercentileText(latency, style);
  if (main->change == HttpChange::kAsked || style.detail == Detail::kVerbose) {
    text += Distribution(latency) + "\n" + Phases(view, *main, style) + "\n" +
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
