// tunewire probe for people: verdict, distribution, one exchange on the wire, proof, fixes.
#include <algorithm>

#include "base/format.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "report/probe_facts.h"
#include "report/probe_report.h"
#include "report/probe_sequence.h"
#include "report/probe_words.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

class ProbeWriter {
 public:
  ProbeWriter(const ProbeView& view, const Target& target, const Style& style)
      : view_(view), result_(view.result), target_(target), style_(style) {}

  std::string Text() {
    const RunReport* asked = AskedRun(result_);
    const ProbeWords words = WordsOf(result_);
    text_ = VerdictLine(words.word, words.tone, words.finding, words.detail, style_);
    if (style_.detail == Detail::kQuiet || asked == nullptr) return std::move(text_) + Assertions();
    text_ += Indented(SubjectOf(result_, *asked), 2, style_) + "\n";
    AddDistribution(*asked);
    AddExchange(*asked);
    AddProof();
    AddFixes();
    AddNotes(*asked);
    text_ += Assertions();
    AddFiles();
    AddNext();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool verbose() const { return style_.detail == Detail::kVerbose; }

  /// "proof: " with the first of several lines, blanks before the others.
  void AddListed(std::string_view head, const std::vector<std::string>& lines) {
    text_ += Listed(head, lines);
  }

  [[nodiscard]] std::string Listed(std::string_view head,
                                   const std::vector<std::string>& lines) const {
    constexpr int kIndent = 7;
    std::string text;
    for (const std::string& line : lines) {
      const std::vector<std::string> wrapped = Wrap(line, style_.columns - kIndent - 2);
      for (std::size_t i = 0; i < wrapped.size(); ++i) {
        text += PadRight(text.empty() ? std::string(head) : "", kIndent) + (i == 0 ? "" : "  ") +
                wrapped[i] + "\n";
      }
    }
    return text;
  }

  void AddDistribution(const RunReport& asked) {
    const RunEvidence& run = asked.evidence;
    // Without a stall what lies in a timer's band is there by chance, or scripted.
    const bool stalled = result_.verdict.stall || asked.stalls.count > 0;
    const std::vector<Band> bands = stalled ? BandsOf(asked) : std::vector<Band>();
    text_ += HistogramText(run.latency, bands, style_) + PercentileText(run.latency, style_);
    if (run.spec.interval.count() > 0) {
      text_ += Indented("from the intended start of each:", 2, style_) +
               PercentileText(run.corrected, style_);
    }
    const Histogram& early = run.early;
    if (early.count() > 0 && early.count() < run.latency.count()) {
      text_ += Indented(Format("the first {}: p50 {}, max {}", early.count(),
                               ShownTime(early.At(0.5)), ShownTime(early.largest())),
                        2, style_);
    }
    text_ += Indented(WhenWords(asked.stalls), 2, style_);
  }

  void AddExchange(const RunReport& asked) {
    const Timeline* timeline = StalledTimeline(asked);
    std::string_view heading =
        style_.columns < 70 ? "one of them (ms):" : "one of them, on the wire (ms):";
    if (timeline == nullptr && verbose()) {
      timeline = CleanTimeline(asked);
      heading = style_.columns < 70 ? "an exchange (ms):" : "an exchange, on the wire (ms):";
    }
    if (timeline == nullptr) return;
    text_ += "\n" + SequenceText(heading, *timeline, style_);
    text_ += Indented(ShareWords(timeline->attribution), 2, style_);
  }

  void AddTable(const std::vector<ProofGroup>& groups) {
    const int label_width = style_.columns < 70 ? 27 : 29;
    constexpr int kTime = 9;
    constexpr int kStalled = 13;
    const auto row = [&](std::string_view label, const ProofRow& cells) {
      return "  " + PadRight(Cut(label, label_width, style_), label_width) +
             PadLeft(cells.p50, kTime) + PadLeft(cells.change, kTime) +
             PadLeft(cells.stalled, kStalled);
    };
    for (const ProofGroup& group : groups) {
      const std::string title = &group == &groups.front() ? "the same traffic, in turns" : "";
      const std::string head =
          group.title.empty() ? title : title + (title.empty() ? "at " : ", at ") + group.title;
      if (&group == &groups.front()) {
        text_ += "proof: " + head + "\n";
        text_ += Paint(style_, Tone::kDim, row("", {"", "p50", "change", "stalled"})) + "\n";
      } else {
        text_ += "  " + Paint(style_, Tone::kDim, head) + "\n";
      }
      for (const ProofRow& one : group.rows) text_ += row(Printable(one.label), one) + "\n";
    }
  }

  void AddProof() {
    text_ += "\n";
    const std::vector<ProofGroup> groups = ProofOf(result_);
    if (!groups.empty()) AddTable(groups);
    AddListed("why:", Reasons(groups.empty()));
  }

  /// Where the table says it all, reasons are left to -v.
  [[nodiscard]] std::vector<std::string> Reasons(bool no_table) const {
    const std::vector<std::string>& all = result_.verdict.reasons;
    if (verbose()) return all;
    if (!no_table) return {};
    constexpr std::size_t kFew = 3;
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kFew))};
  }

  void AddFixes() {
    std::vector<std::string> lines;
    constexpr std::size_t kFew = 4;
    const std::vector<Fix>& fixes = result_.verdict.fixes;
    for (const Fix& fix : fixes) {
      if (!verbose() && lines.size() == kFew && fixes.size() > kFew + 1) break;
      lines.push_back(FixWords(fix));
    }
    if (lines.size() < fixes.size())
      lines.push_back(
          Format("{} {} more (-v)", MarksOf(style_).ellipsis, fixes.size() - lines.size()));
    AddListed("fix:", lines);
  }

  void AddNotes(const RunReport& asked) {
    AddListed("note:", result_.verdict.warnings);
    if (!verbose()) return;
    AddListed("noise:", {NoiseWords(result_.noise)});
    AddListed("host:", HostWords(asked.evidence));
    AddListed("count:", CounterWords(asked.evidence));
  }

  [[nodiscard]] std::string Assertions() const {
    std::string text;
    for (const AssertionOutcome& outcome : view_.assertions) {
      const Marks& marks = MarksOf(style_);
      const std::string mark = outcome.holds ? Paint(style_, Tone::kGood, marks.good)
                                             : Paint(style_, Tone::kBad, marks.bad);
      text += Format("{} {}  {}\n", mark, Printable(outcome.assertion.text),
                     "it is " + ShownFigure(outcome.assertion.figure, outcome.actual));
    }
    return text;
  }

  void AddFiles() {
    for (const std::string& file : view_.written) text_ += Format("wrote {}\n", Printable(file));
  }

  void AddNext() {
    const std::string exit = result_.partial                           ? "exit 130."
                             : result_.verdict.stall && NoAssertions() ? "exit 1."
                                                                       : "";
    const std::string command = NextCommand(result_, view_.arguments);
    text_ += NextLine(exit, CommandFor(target_, Printable(command)), style_);
  }

  [[nodiscard]] bool NoAssertions() const { return view_.assertions.empty(); }

  const ProbeView& view_;
  const ProbeResult& result_;
  const Target& target_;
  const Style& style_;
  std::string text_;
};

}  // namespace

std::string ProbeText(const ProbeView& view, const Target& target, const Style& style) {
  return ProbeWriter(view, target, style).Text();
}

std::string ServeReadyText(const ServeView& view, const Style& style) {
  const bool v6 = view.address.find(':') != std::string::npos;
  const std::string host = Printable(view.address);
  const std::string here = Format("{}:{}", v6 ? "[" + host + "]" : host, view.port);
  const bool any = view.address == "0.0.0.0" || view.address == "::";
  const std::string there = any ? Format("THIS-HOST:{}", view.port) : here;
  return VerdictLine("LISTENING", Tone::kStrong, here, "until Ctrl-C or --sessions", style) +
         NextLine("", Format("tunewire probe {}", there), style);
}

}  // namespace tunewire
