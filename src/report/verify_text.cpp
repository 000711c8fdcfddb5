#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string Subject(const VerifyView& view) {
  const std::string profile = Printable(view.report.profile);
  if (view.report.tx == nullptr) return profile;
  const std::string tx = Printable(view.report.tx->id);
  if (view.time.empty()) return Format("{} (tx {})", profile, tx);
  return Format("{} (tx {}, {})", profile, tx, view.time);
}

std::string Numbers(const VerifyReport& report) {
  std::string text = Format("{} ok", report.ok);
  if (!report.drift.empty()) text += Format(", {} drifted", report.drift.size());
  if (report.skipped > 0) text += Format(", {} passed over", report.skipped);
  return text;
}

std::string DriftText(const Drift& drift, const Style& style) {
  const std::string is = drift.is.empty() ? "missing" : drift.is;
  std::string text =
      OutcomeLine(drift.key.name(), {{"want", drift.want}, {"is", is}}, Tone::kBad, style);
  std::string reason = Printable(drift.reason);
  if (drift.origin && !drift.origin->file.empty()) {
    const std::string origin = Printable(Format("{}:{}", drift.origin->file, drift.origin->line));
    reason += (reason.empty() ? "asked for in " : "; asked for in ") + origin;
  }
  return text + Indented(reason, 6, style);
}

}  // namespace

std::string VerifyText(const VerifyView& view, const Target& target, const Style& style) {
  if (view.held == VerifyView::Held::kNo) return "";
  const VerifyReport& report = view.report;
  const bool clean = report.drift.empty();
  std::string text = VerdictLine(clean ? "OK" : "DRIFT", clean ? Tone::kGood : Tone::kBad,
                                 Subject(view), Numbers(report), style);
  if (style.detail == Detail::kQuiet) return text;
  if (!clean) text += "\n";
  for (const Drift& drift : report.drift) text += DriftText(drift, style);
  if (clean) return text;
  const std::string profiles = view.profiles.empty() ? report.profile : view.profiles;
  return text + NextLine("exit 1.", CommandFor(target, "apply " + Printable(profiles)), style);
}

}  // namespace tunewire
