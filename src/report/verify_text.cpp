#include <algorithm>

#include "base/format.h"
#include "report/boot_text.h"
#include "report/effect_text.h"
#include "report/item_text.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "report/pam_text.h"
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

bool IsDrift(const LimitChange& change) {
  return change.status == ChangeStatus::kSet || change.status == ChangeStatus::kInvalid;
}

/// What the report comes to; each number is of things that are shown one by one.
struct Tally {
  std::ptrdiff_t ok = 0, drifted = 0, stale = 0, at_risk = 0, skipped = 0;

  explicit Tally(const VerifyReport& report)
      : ok(report.ok),
        drifted(std::ssize(report.drift) + std::ssize(report.files)),
        stale(std::ssize(GroupEffects(report.not_in_effect, NotInEffect::Kind::kStale))),
        at_risk(report.boot ? std::ssize(BootLosses(*report.boot)) : 0),
        skipped(report.skipped) {
    for (const LimitChange& change : report.limits)
      ++(IsDrift(change) ? drifted : change.status == ChangeStatus::kAlready ? ok : skipped);
  }

  [[nodiscard]] std::string Text() const {
    std::string text = Format("{} ok", ok);
    const auto add = [&text](std::ptrdiff_t number, std::string_view what) {
      if (number > 0) text += Format(", {} {}", number, what);
    };
    add(drifted, "drifted");
    add(stale, "not in effect");
    add(at_risk, "at risk");
    add(skipped, "passed over");
    return text;
  }

  [[nodiscard]] std::string_view Word() const {
    return drifted > 0 ? "DRIFT" : stale > 0 ? "NOT IN EFFECT" : at_risk > 0 ? "AT RISK" : "OK";
  }
};

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

std::string WhyLimit(const LimitChange& change, const Tx* tx) {
  if (change.status == ChangeStatus::kInvalid) return Printable(change.reason);
  if (!change.source.empty() && !change.process) return "set by " + Printable(change.source);
  if (change.process) return tx == nullptr ? "not applied" : "changed or started since";
  return tx == nullptr ? "not applied" : "no file sets it";
}

std::string LimitDriftText(const LimitChange& change, const Tx* tx, const Style& style) {
  const std::string want = AmountsText(change.setting.soft, change.setting.hard);
  std::string text = OutcomeLine(LimitTitle(change),
                                 {{"want", want}, {"is", AmountsText(change.soft, change.hard)}},
                                 Tone::kBad, style);
  return text + Indented(WhyLimit(change, tx), 6, style);
}

std::string FileText(const FileDrift& file, const Style& style) {
  return Format("  {} {}\n", Paint(style, Tone::kBad, MarksOf(style).bad), Printable(file.path)) +
         Indented(Printable(file.reason), 6, style);
}

std::string BootText(const BootReport& boot, const VerifyReport& report, const Style& style) {
  std::string text;
  for (const BootLoss& loss : BootLosses(boot)) {
    const bool live = std::ranges::none_of(
        report.drift, [&](const Drift& drift) { return drift.key.name() == loss.key; });
    const std::string_view state = live ? "live ok, lost at boot" : "lost at boot";
    const std::string line = Format("{}  {}", PadRight(loss.key, 34), state);
    const bool fits = ShownWidth(line) + 4 <= style.columns;
    text +=
        Format("  {} {}\n", Paint(style, Tone::kWarn, MarksOf(style).warn), fits ? line : loss.key);
    text += Indented(fits ? Format("{}: {}", loss.reason, loss.action)
                          : Format("{}; {}: {}", state, loss.reason, loss.action),
                     6, style);
  }
  return text;
}

std::string Verbose(const VerifyReport& report, const Style& style) {
  if (style.detail != Detail::kVerbose) return "";
  std::string text;
  for (const LimitChange& change : report.limits) {
    if (change.status == ChangeStatus::kMissing)
      text += Indented(Format("{}: {}", LimitTitle(change), Printable(change.reason)), 4, style);
  }
  if (!report.boot) return text;
  for (const BootNote& note : report.boot->notes)
    text += Indented(Format("{}: {}", FileLineText(note.at), Printable(note.message)), 4, style);
  return text;
}

std::string Unread(const std::vector<Error>& unread, const Style& style) {
  std::string text;
  for (const Error& error : unread) {
    const std::string about =
        error.subject.empty() ? error.message : Format("{}: {}", error.subject, error.message);
    text +=
        Indented(Format("{} not looked at: {}", MarksOf(style).warn, Printable(about)), 2, style);
  }
  return text;
}

/// Not a fault: nobody asked for it to last.
std::string NextBoot(const VerifyReport& report, const Style& style) {
  if (report.tx == nullptr || (report.boot && report.boot->persisted)) return "";
  return Paint(style, Tone::kDim,
               "  the next boot does not bring this profile (apply --persist does)") +
         "\n";
}

std::string Next(const VerifyView& view, const Tally& tally, const Target& target,
                 const Style& style) {
  const VerifyReport& report = view.report;
  const std::string profiles = view.profiles.empty() ? report.profile : view.profiles;
  if (tally.drifted > 0) {
    const std::string_view persist = report.boot && report.boot->persisted ? " --persist" : "";
    return NextLine("exit 1.",
                    CommandFor(target, Format("apply {}{}", Printable(profiles), persist)), style);
  }
  return NextLine("exit 1, mend these first.", CommandFor(target, "verify"), style);
}

}  // namespace

std::string VerifyText(const VerifyView& view, const Target& target, const Style& style) {
  if (view.held == VerifyView::Held::kNo) return "";
  const VerifyReport& report = view.report;
  const Tally tally(report);
  const bool clean = report.Clean();
  const Tone tone = clean ? Tone::kGood : tally.Word() == "AT RISK" ? Tone::kWarn : Tone::kBad;
  std::string text = VerdictLine(tally.Word(), tone, Subject(view), tally.Text(), style);
  if (style.detail == Detail::kQuiet) return text;
  std::string body;
  for (const Drift& drift : report.drift) body += DriftText(drift, style);
  for (const LimitChange& change : report.limits)
    if (IsDrift(change)) body += LimitDriftText(change, report.tx, style);
  for (const FileDrift& file : report.files) body += FileText(file, style);
  body += StaleText(report.not_in_effect, style);
  if (report.boot) body += BootText(*report.boot, report, style);
  body += OwnChoiceText(report.not_in_effect, style) + PamText(view.pam, style) +
          Unread(view.unread, style) + Verbose(report, style);
  if (!body.empty()) text += "\n" + body;
  text += NextBoot(report, style);
  return clean ? text : text + Next(view, tally, target, style);
}

}  // namespace tunewire
