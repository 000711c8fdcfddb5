// tunewire trial for people: a row a figure, then what took part and what could not.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "report/trial_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string Shown(const TrialMeasure& measure, double value) {
  if (measure.id.ends_with("_ns")) return ShownTime(static_cast<std::int64_t>(value));
  return ShownRate(value);
}

/// "+3.2 %"; of a ratio without bounds nothing can be shown.
std::string ShownChange(double ratio) {
  return std::isfinite(ratio) ? Format("{:+.1f} %", (ratio - 1) * 100) : "?";
}

std::string ShownInterval(const Interval& ratio) {
  if (!std::isfinite(ratio.low) || !std::isfinite(ratio.high)) return "no bound";
  return Format("{:+.1f} .. {:+.1f} %", (ratio.low - 1) * 100, (ratio.high - 1) * 100);
}

std::string Outcome(const TrialMeasure& measure, const Style& style) {
  switch (measure.outcome) {
    case TrialOutcome::kBetter:
      return Paint(style, Tone::kGood, "better");
    case TrialOutcome::kWorse:
      return Paint(style, Tone::kBad, "worse");
    case TrialOutcome::kNoDifference:
      break;
  }
  return Paint(style, Tone::kDim, "-");
}

constexpr int kFigure = 9, kInterval = 18;

class Writer {
 public:
  Writer(const TrialView& view, const Style& style) : view_(view), style_(style) {}

  std::string Text() {
    text_ = VerdictLine("TRIAL", Tone::kStrong,
                        Format("{} against {}", Printable(view_.profile), Against()), Numbers(),
                        style_);
    if (style_.detail == Detail::kQuiet) return std::move(text_);
    if (!view_.result.measures.empty()) AddTable();
    AddFailures();
    AddTried();
    AddRest(TrialKey::Fate::kAlready, "already so");
    AddRest(TrialKey::Fate::kHostWide, "not tried, host-wide");
    AddRest(TrialKey::Fate::kRefused, "not tried, refused");
    AddRest(TrialKey::Fate::kMissing, "not tried, not there");
    if (!view_.limits.empty())
      text_ += Indented("not tried, limits of processes: " + Join(view_.limits, ", "), 2, style_);
    AddHow();
    return std::move(text_);
  }

 private:
  [[nodiscard]] std::string_view Against() const {
    return view_.against == TrialAgainst::kNow ? "the values of this host"
                                               : "the kernel's defaults";
  }

  [[nodiscard]] int CountOf(TrialOutcome outcome) const {
    return static_cast<int>(
        std::ranges::count(view_.result.measures, outcome, &TrialMeasure::outcome));
  }

  [[nodiscard]] std::string Numbers() const {
    if (view_.result.measures.empty()) return "nothing to try";
    return Format("{} better, {} worse, {} without a difference", CountOf(TrialOutcome::kBetter),
                  CountOf(TrialOutcome::kWorse), CountOf(TrialOutcome::kNoDifference));
  }

  void AddTable() {
    // What a row needs beside its title: three figures, the interval, the outcome, and gaps.
    const int title = std::clamp(style_.columns - 2 - 3 * kFigure - kInterval - 8, 14, 38);
    text_ +=
        "\n" +
        Paint(style_, Tone::kDim,
              "  " + PadRight("", title) + PadLeft("without", kFigure) + PadLeft("with", kFigure) +
                  PadLeft("change", kFigure) + PadLeft("99 % interval", kInterval)) +
        "\n";
    for (const TrialMeasure& measure : view_.result.measures) {
      text_ += "  " + PadRight(Cut(measure.title, title, style_), title) +
               PadLeft(Shown(measure, measure.median_without), kFigure) +
               PadLeft(Shown(measure, measure.median_with), kFigure) +
               PadLeft(ShownChange(measure.ratio.median), kFigure) +
               PadLeft(ShownInterval(measure.ratio.interval), kInterval) + "  " +
               Outcome(measure, style_) + "\n";
    }
    text_ += "\n";
  }

  void AddFailures() {
    for (const auto& [os_error, failures] : view_.result.failures)
      text_ += Indented(Format("failed: {} without, {} with: {}", failures.without, failures.with,
                               DescribeErrno(os_error)),
                        2, style_);
  }

  [[nodiscard]] std::vector<const TrialKey*> Of(TrialKey::Fate fate) const {
    std::vector<const TrialKey*> keys;
    for (const TrialKey& key : view_.keys)
      if (key.fate == fate) keys.push_back(&key);
    return keys;
  }

  void AddTried() {
    const std::vector<const TrialKey*> tried = Of(TrialKey::Fate::kTried);
    if (tried.empty()) return;
    text_ +=
        "  " +
        Paint(style_, Tone::kStrong, Format("tried: {}", Count(std::ssize(tried), "key", "keys"))) +
        "\n";
    for (const TrialKey* key : tried)
      text_ +=
          Indented(Format("{}  {} {} {}", key->key, key->before, MarksOf(style_).arrow, key->after),
                   4, style_);
  }

  void AddRest(TrialKey::Fate fate, std::string_view words) {
    const std::vector<const TrialKey*> keys = Of(fate);
    if (keys.empty()) return;
    if (style_.detail == Detail::kVerbose) {
      text_ += Format("  {}:\n", words);
      for (const TrialKey* key : keys)
        text_ += Indented(key->why.empty() ? key->key : key->key + ": " + key->why, 4, style_);
      return;
    }
    std::vector<std::string> names;
    for (const TrialKey* key : keys) names.push_back(key->key);
    text_ += Indented(Format("{}: {}", words, Join(names, ", ")), 2, style_);
  }

  void AddHow() {
    text_ += "\n";
    if (view_.result.measures.empty()) {
      text_ += view_.against == TrialAgainst::kNow
                   ? "nothing was measured: no value differs that can be tried in a namespace.\n"
                     "next: tunewire trial " +
                         ShellWord(view_.profile) + " --against defaults\n"
                   : "nothing was measured: nothing of it can be tried in a namespace.\n";
      return;
    }
    text_ += Indented(Format("{} pairs of blocks of {} ms of each kind of traffic, in turns; two "
                             "scratch namespaces, a veth pair, MTU 1500. Change and interval are "
                             "those of the ratio of neighbouring blocks, not of the two columns.{}",
                             view_.result.pairs, view_.result.block.count(),
                             view_.result.partial ? " Stopped early." : ""),
                      0, style_);
    text_ += "this host's settings were not touched.\n";
  }

  const TrialView& view_;
  const Style& style_;
  std::string text_;
};

}  // namespace

std::string TrialText(const TrialView& view, const Style& style) {
  return Writer(view, style).Text();
}

}  // namespace tunewire
