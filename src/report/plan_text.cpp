#include <algorithm>
#include <utility>

#include "base/format.h"
#include "report/layout.h"
#include "report/plan_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// Beyond this many changes the explanations are left to -v, so that the keys stay in sight.
constexpr int kExplainedChanges = 12;

struct ChangeRow {
  const Change* change;
  std::string key, before, after, when;
};

/// Both sides of a vector with the fields that differ in brackets; of the new side only those:
/// "4096 131072 [6291456]" -> "[33554432]".
std::pair<std::string, std::string> BothSides(const Change& change) {
  const std::vector<std::string>& before = change.before;
  const std::vector<std::string>& after = change.after;
  std::size_t differing = 0;
  if (before.size() == after.size()) {
    for (std::size_t i = 0; i < before.size(); ++i) differing += before[i] != after[i] ? 1 : 0;
  }
  if (differing == 0 || differing == before.size()) {
    return {Printable(Join(before, " ")), Printable(Join(after, " "))};
  }
  std::vector<std::string> old_side, new_side;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool differs = before[i] != after[i];
    old_side.push_back(Printable(differs ? "[" + before[i] + "]" : before[i]));
    if (differs) new_side.push_back(Printable("[" + after[i] + "]"));
  }
  return {Join(old_side, " "), Join(new_side, " ")};
}

std::string OriginText(const Change& change) {
  if (!change.setting || change.setting->origin.file.empty()) return "";
  return Printable(Format("{}:{}", change.setting->origin.file, change.setting->origin.line));
}

std::vector<ChangeRow> RowsOf(const Plan& plan, ChangeStatus status) {
  std::vector<ChangeRow> rows;
  for (const Change& change : plan.changes) {
    if (change.status != status) continue;
    auto [before, after] = BothSides(change);
    std::string when;
    if (!change.takes_effect.empty() && change.takes_effect != "at once")
      when = "effect: " + change.takes_effect;
    rows.push_back({&change, Printable(change.key.name()), std::move(before), std::move(after),
                    std::move(when)});
  }
  return rows;
}

int WidestOf(const std::vector<ChangeRow>& rows, std::string ChangeRow::*member, int most) {
  int widest = 0;
  for (const ChangeRow& row : rows) {
    const int width = ShownWidth(row.*member);
    if (width <= most) widest = std::max(widest, width);
  }
  return widest;
}

int KeyWidth(const std::vector<ChangeRow>& rows, const Style& style) {
  std::vector<int> widths;
  for (const ChangeRow& row : rows) widths.push_back(ShownWidth(row.key));
  return CommonWidth(std::move(widths), style.columns / 2);
}

class PlanWriter {
 public:
  PlanWriter(const Plan& plan, const Target& target, const Style& style)
      : plan_(plan), target_(target), style_(style), summary_(plan.Summary()) {}

  std::string Text(PlanEnding ending) {
    text_ = VerdictLine("PLAN", Tone::kStrong,
                        Format("{} {} {}", Printable(plan_.profile), MarksOf(style_).arrow,
                               Printable(target_.words)),
                        Numbers(), style_);
    if (style_.detail == Detail::kQuiet) return std::move(text_);
    AddChanges();
    AddHeld();
    AddAbsent(ChangeStatus::kMissing, "missing");
    AddAbsent(ChangeStatus::kReadOnly, "read-only");
    AddSideEffects();
    AddLimits();
    AddRehearsal();
    if (ending == PlanEnding::kAdvise) AddNext();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool verbose() const { return style_.detail == Detail::kVerbose; }

  [[nodiscard]] std::string Numbers() const {
    std::vector<std::string> parts{Format("{} to change", summary_.set),
                                   Format("{} already right", summary_.already)};
    if (summary_.missing > 0) parts.push_back(Format("{} missing", summary_.missing));
    if (summary_.read_only > 0) parts.push_back(Format("{} read-only", summary_.read_only));
    if (summary_.invalid > 0) parts.push_back(Format("{} refused", summary_.invalid));
    return Join(parts, ", ");
  }

  void AddChanges() {
    const std::vector<ChangeRow> rows = RowsOf(plan_, ChangeStatus::kSet);
    if (rows.empty()) return;
    text_ += "\n";
    const bool explain = verbose() || std::cmp_less_equal(rows.size(), kExplainedChanges);
    const int key_width = KeyWidth(rows, style_);
    const int before_width = WidestOf(rows, &ChangeRow::before, 14);
    for (const ChangeRow& row : rows) {
      AddValues(row, key_width, before_width);
      if (explain) AddExplanation(row);
    }
    if (!explain) text_ += Paint(style_, Tone::kDim, "  (-v tells why of each)") + "\n";
  }

  void AddValues(const ChangeRow& row, int key_width, int before_width) {
    // A long key takes its surplus from the blanks before the old value.
    const int surplus = std::max(ShownWidth(row.key) - key_width, 0);
    const std::string values = Format("{}  {}  {}", PadLeft(row.before, before_width - surplus),
                                      MarksOf(style_).arrow, row.after);
    std::string line = "  " + PadRight(row.key, key_width) + "  " + values;
    if (ShownWidth(line) > style_.columns) {
      const std::string close = "  " + row.key + "  " + row.before + "  " +
                                std::string(MarksOf(style_).arrow) + "  " + row.after;
      line = ShownWidth(close) <= style_.columns ? close : NarrowLines(row);
    }
    const std::size_t last = line.rfind('\n');
    const std::string tail = last == std::string::npos ? line : line.substr(last + 1);
    if (!row.when.empty() && ShownWidth(tail) + 2 + ShownWidth(row.when) <= style_.columns) {
      line += "  " + Paint(style_, Tone::kDim, row.when);
    } else if (!row.when.empty()) {
      line += "\n    " + Paint(style_, Tone::kDim, row.when);
    }
    text_ += line + "\n";
  }

  /// The key alone, its values below it.
  [[nodiscard]] std::string NarrowLines(const ChangeRow& row) const {
    const std::string arrow = std::string(MarksOf(style_).arrow) + "  ";
    const std::string one = "      " + row.before + "  " + arrow + row.after;
    if (ShownWidth(one) <= style_.columns) return "  " + row.key + "\n" + one;
    return "  " + row.key + "\n      " + row.before + "\n   " + arrow + row.after;
  }

  void AddExplanation(const ChangeRow& row) {
    const Change& change = *row.change;
    const std::string why = Printable(
        change.released() ? change.reason : (change.setting ? change.setting->why : std::string()));
    if (verbose()) {
      text_ += Indented(why, 4, style_);
      if (!OriginText(change).empty()) {
        std::string from = "from " + OriginText(change);
        if (!change.setting->source.empty()) from += "; " + Printable(change.setting->source);
        text_ += Indented(from, 4, style_);
      }
    } else {
      AddShortened(why);
    }
    for (const std::string& note : change.notes) {
      text_ += Indented(Format("{} {}", MarksOf(style_).warn, Printable(note)), 4, style_);
    }
  }

  /// Two lines at most: the rest is for -v.
  void AddShortened(const std::string& why) {
    const int room = style_.columns - 4;
    std::vector<std::string> lines = Wrap(why, room);
    if (lines.size() > 2) {
      lines[1] = Cut(lines[1] + " " + lines[2], room, style_);
      lines.resize(2);
    }
    for (const std::string& line : lines) text_ += "    " + Paint(style_, Tone::kDim, line) + "\n";
  }

  void AddHeld() {
    if (!verbose()) return;
    const std::vector<ChangeRow> rows = RowsOf(plan_, ChangeStatus::kAlready);
    if (rows.empty()) return;
    text_ += "\nalready right:\n";
    const int width = WidestOf(rows, &ChangeRow::key, style_.columns);
    for (const ChangeRow& row : rows) {
      const std::string line = "  " + PadRight(row.key, width) + "  " + row.before;
      text_ +=
          (ShownWidth(line) <= style_.columns ? line : "  " + row.key + "  " + row.before) + "\n";
    }
  }

  /// One blank line before all remarks together.
  void StartRemarks() {
    if (!std::exchange(remarked_, true)) text_ += "\n";
  }

  void AddAbsent(ChangeStatus status, std::string_view word) {
    int passed_over = 0;
    for (const ChangeRow& row : RowsOf(plan_, status)) {
      if (row.change->optional_key() && !verbose()) {
        ++passed_over;
        continue;
      }
      const bool optional = row.change->optional_key();
      const std::string mark(optional ? MarksOf(style_).warn : MarksOf(style_).bad);
      StartRemarks();
      text_ += Format("  {} {}   {}{}\n", Paint(style_, optional ? Tone::kWarn : Tone::kBad, mark),
                      row.key, word, optional ? ", optional" : "");
      std::string reason = Printable(row.change->reason);
      if (!row.change->hint.empty()) reason += "; " + Printable(row.change->hint);
      text_ += Indented(reason, 6, style_);
      if (!OriginText(*row.change).empty())
        text_ += "      asked for in " + OriginText(*row.change) + "\n";
    }
    if (passed_over > 0) {
      StartRemarks();
      text_ += Format("  {} {} {}, passed over (-v lists them)\n", MarksOf(style_).warn,
                      Count(passed_over, "optional key", "optional keys"), word);
    }
  }

  void AddSideEffects() {
    if (plan_.side_effects.empty()) return;
    if (!verbose()) {
      StartRemarks();
      text_ += Format("  {} the kernel changes {} along with these (-v lists them)\n",
                      MarksOf(style_).warn,
                      Count(std::ssize(plan_.side_effects), "other key", "other keys"));
      return;
    }
    text_ += "\nthe kernel may change along with these:\n";
    for (const SideEffect& effect : plan_.side_effects) {
      text_ += Indented(
          Format("{} (by {})", Printable(effect.key.name()), Printable(effect.cause.name())), 2,
          style_);
    }
  }

  void AddLimits() {
    if (plan_.limits.empty()) return;
    text_ +=
        "\n" +
        Indented("limits that the profile names (shown only; apply does not set them):", 0, style_);
    for (const LimitSetting& limit : plan_.limits) {
      const auto amount = [](std::uint64_t value) {
        return value == kUnlimited ? std::string("unlimited") : Format("{}", value);
      };
      std::string value = amount(limit.hard);
      if (limit.soft != limit.hard) value = amount(limit.soft) + " soft, " + value + " hard";
      text_ += Indented(Format("{} {} {}: {}", limit.item, TargetWord(limit.target),
                               Printable(limit.subject), value),
                        2, style_);
    }
  }

  static std::string_view TargetWord(LimitTarget target) {
    switch (target) {
      case LimitTarget::kLogins:
        return "of logins";
      case LimitTarget::kServices:
        return "of service";
      case LimitTarget::kRunning:
        return "of running";
    }
    return "";
  }

  void AddRehearsal() {
    const RehearsalSummary& rehearsal = plan_.rehearsal;
    text_ += "\n";
    if (rehearsal.held) {
      text_ += Indented(Format("rehearsed in a scratch network namespace: {} accepted, {} refused, "
                               "{} not possible",
                               rehearsal.accepted, rehearsal.refused, rehearsal.not_possible),
                        0, style_);
    } else if (!rehearsal.why_not.empty() && summary_.set > 0) {
      text_ += Indented("not rehearsed: " + Printable(rehearsal.why_not), 0, style_);
    }
  }

  void AddNext() {
    if (summary_.invalid > 0) return;
    std::vector<std::string> words;
    for (const std::string& reference : plan_.references) words.push_back(ShellWord(reference));
    const std::string names = Printable(Join(words, " "));
    if (summary_.set == 0) {
      text_ += NextLine("nothing to change.", CommandFor(target_, "verify " + names), style_);
      return;
    }
    const std::string_view passing = NeedsSkip() ? " --skip-missing" : "";
    text_ +=
        NextLine("nothing changed.",
                 CommandFor(target_, Format("apply {}{} --confirm 60s", names, passing)), style_);
  }

  [[nodiscard]] bool NeedsSkip() const {
    return std::any_of(plan_.changes.begin(), plan_.changes.end(), [](const Change& change) {
      return !change.optional_key() &&
             (change.status == ChangeStatus::kMissing || change.status == ChangeStatus::kReadOnly);
    });
  }

  const Plan& plan_;
  const Target& target_;
  const Style& style_;
  PlanSummary summary_;
  bool remarked_ = false;
  std::string text_;
};

}  // namespace

std::string NextLine(std::string_view before, std::string_view command, const Style& style) {
  if (style.detail == Detail::kQuiet) return "";
  std::string line(before);
  const int width = ShownWidth(before) + 8 + ShownWidth(command);
  if (!line.empty()) line += width <= style.columns ? "  " : "\n";
  return line + "next: " + Paint(style, Tone::kStrong, command) + "\n";
}

std::vector<Error> InvalidChanges(const Plan& plan) {
  std::vector<Error> errors;
  for (const Change& change : plan.changes) {
    if (change.status != ChangeStatus::kInvalid) continue;
    Error error;
    error.kind = ErrorKind::kInvalid;
    error.code = "invalid_value";
    error.subject = change.key.name();
    error.message = change.reason;
    error.hint = change.hint;
    if (change.rehearsed) error.os_error = change.rehearsed->os_error;
    if (change.setting && !change.setting->place.file.empty()) error.where = change.setting->place;
    errors.push_back(std::move(error));
  }
  return errors;
}

std::string PlanText(const Plan& plan, const Target& target, PlanEnding ending,
                     const Style& style) {
  return PlanWriter(plan, target, style).Text(ending);
}

}  // namespace tunewire
