#include <algorithm>
#include <utility>

#include "base/format.h"
#include "report/boot_text.h"
#include "report/effect_text.h"
#include "report/item_text.h"
#include "report/layout.h"
#include "report/plan_report.h"
#include "report/plan_rows.h"
#include "tune/file_item.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// Beyond this many changes the explanations are left to -v, so that the keys stay in sight.
constexpr int kExplainedChanges = 12;

class PlanWriter {
 public:
  PlanWriter(const PlanView& view, const Target& target, const Style& style)
      : view_(view),
        plan_(view.plan),
        target_(target),
        style_(style),
        summary_(SummaryOfAll(view.plan)) {
    if (view.boot) losses_ = BootLosses(*view.boot);
  }

  std::string Text(PlanEnding ending) {
    text_ = VerdictLine("PLAN", Tone::kStrong,
                        Format("{} {} {}", Printable(plan_.profile), MarksOf(style_).arrow,
                               Printable(target_.words)),
                        Numbers(), style_);
    if (style_.detail == Detail::kQuiet) return std::move(text_);
    AddChanges();
    AddHeld();
    AddFiles();
    AddAbsent(ChangeStatus::kMissing, "missing");
    AddAbsent(ChangeStatus::kReadOnly, "read-only");
    AddSideEffects();
    AddUnread();
    AddRestarts();
    AddBoot();
    AddRehearsal();
    if (ending == PlanEnding::kAdvise) AddNext();
    while (text_.ends_with("\n\n")) text_.pop_back();
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
    if (!losses_.empty()) parts.push_back(Count(std::ssize(losses_), "conflict", "conflicts"));
    return Join(parts, ", ");
  }

  /// Keys, limits and files alike.
  static PlanSummary SummaryOfAll(const Plan& plan) {
    PlanSummary summary = plan.Summary();
    for (const LimitChange& change : plan.limit_changes) ++Counter(summary, change.status);
    for (const FileChange& change : plan.files) ++Counter(summary, change.status);
    return summary;
  }

  static int& Counter(PlanSummary& summary, ChangeStatus status) {
    switch (status) {
      case ChangeStatus::kSet:
        return summary.set;
      case ChangeStatus::kAlready:
        return summary.already;
      case ChangeStatus::kMissing:
        return summary.missing;
      case ChangeStatus::kReadOnly:
        return summary.read_only;
      case ChangeStatus::kInvalid:
        return summary.invalid;
    }
    return summary.invalid;
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
    if (verbose()) {
      text_ += Indented(row.why, 4, style_);
      if (!row.origin.empty()) {
        std::string from = "from " + row.origin;
        if (!row.source.empty()) from += "; " + row.source;
        text_ += Indented(from, 4, style_);
      }
    } else {
      AddShortened(row.why);
    }
    for (const std::string& note : row.notes)
      text_ += Indented(Format("{} {}", MarksOf(style_).warn, note), 4, style_);
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
      if (row.optional && !row.limit && !verbose()) {
        ++passed_over;
        continue;
      }
      const bool optional = row.optional;
      const std::string mark(optional ? MarksOf(style_).warn : MarksOf(style_).bad);
      StartRemarks();
      text_ += Format("  {} {}   {}{}\n", Paint(style_, optional ? Tone::kWarn : Tone::kBad, mark),
                      row.key, word, optional && !row.limit ? ", optional" : "");
      text_ += Indented(row.reason, 6, style_);
      if (!row.origin.empty()) text_ += "      asked for in " + row.origin + "\n";
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

  static std::string_view FateOf(const FileChange& file) {
    if (!IsFileState(file.after_raw)) return "removed";
    return IsFileState(file.before_raw) ? "rewritten" : "written";
  }

  void AddFiles() {
    std::string lines;
    for (const FileChange& file : plan_.files) {
      const bool set = file.status == ChangeStatus::kSet;
      if (!set && !verbose()) continue;
      lines += Format("  {}\n", Printable(file.path));
      std::string about(set ? FateOf(file) : "as it is");
      const std::string& why = file.released ? file.reason : file.purpose;
      if (!why.empty()) about += ": " + Printable(why);
      lines += Indented(about, 4, style_);
    }
    if (!lines.empty()) text_ += "\nfiles:\n" + lines;
  }

  void AddUnread() {
    for (const Error& error : view_.unread) {
      StartRemarks();
      std::string about = Printable(error.message);
      if (!error.subject.empty()) about = Printable(error.subject) + ": " + about;
      text_ += Indented(Format("{} not looked at: {}", MarksOf(style_).warn, about), 2, style_);
    }
  }

  /// What has the old value for certain and will keep it.
  void AddRestarts() {
    const auto groups = GroupEffects(view_.not_in_effect, NotInEffect::Kind::kStale);
    if (groups.empty()) return;
    constexpr std::ptrdiff_t kMost = 6;
    text_ += "\nwill go on with the old value:\n";
    const auto shown = verbose() ? std::ssize(groups) : std::min(std::ssize(groups), kMost);
    for (std::ptrdiff_t i = 0; i < shown; ++i) {
      const EffectGroup& group = groups[static_cast<std::size_t>(i)];
      const NotInEffect& first = *group.first;
      text_ += Format("  {} {}\n", Paint(style_, Tone::kWarn, MarksOf(style_).warn),
                      Printable(Format("{} {}", first.key, group.Who())));
      const std::string where = group.Where(verbose() ? 1000 : 3);
      text_ += Indented(Format("has {}{}{}: {}", Printable(first.is), where.empty() ? "" : ", ",
                               where, first.action),
                        6, style_);
    }
    if (shown < std::ssize(groups))
      text_ += Format("  {} {} more (-v lists them)\n", MarksOf(style_).warn,
                      std::ssize(groups) - shown);
  }

  void AddBoot() {
    constexpr std::string_view kWord = "CONFLICT";
    for (const BootLoss& loss : losses_) {
      const std::string told =
          loss.winner.empty()
              ? Format("{}: {}. The new value would be lost at the next boot: {}.", loss.key,
                       loss.reason, loss.action)
              : Format("{} sets {} after us: the new value would be lost at the next boot.",
                       loss.winner, loss.key);
      const int indent = static_cast<int>(kWord.size()) + 2;
      std::string block = "\n";
      for (const std::string& line : Wrap(told, style_.columns - indent)) {
        block += block.size() == 1 ? Paint(style_, Tone::kBad, kWord) + "  "
                                   : std::string(static_cast<std::size_t>(indent), ' ');
        block += line + "\n";
      }
      text_ += block;
    }
    if (view_.boot && losses_.empty() && view_.boot->persisted)
      text_ += "\n" + Indented(
                          "at the next boot both systemd-sysctl and sysctl --system keep "
                          "these values",
                          0, style_);
    if (view_.boot && verbose()) AddBootNotes();
  }

  void AddBootNotes() {
    for (const BootNote& note : view_.boot->notes)
      text_ +=
          Indented(Format("{}: {}", FileLineText(note.at), Printable(note.message)), 2, style_);
  }

  void AddRehearsal() {
    const RehearsalSummary& rehearsal = plan_.rehearsal;
    text_ += "\n";
    if (rehearsal.held) {
      text_ += Indented(Format("rehearsed in a scratch network namespace: {} accepted, {} refused, "
                               "{} not possible",
                               rehearsal.accepted, rehearsal.refused, rehearsal.not_possible),
                        0, style_);
    } else if (!rehearsal.why_not.empty() && plan_.Summary().set > 0) {
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
    text_ += NextLine("nothing changed.",
                      CommandFor(target_, Format("apply {}{}{} --confirm 60s", names, passing,
                                                 view_.boot ? " --persist" : "")),
                      style_);
  }

  [[nodiscard]] bool NeedsSkip() const {
    return std::any_of(plan_.changes.begin(), plan_.changes.end(), [](const Change& change) {
      return !change.optional_key() &&
             (change.status == ChangeStatus::kMissing || change.status == ChangeStatus::kReadOnly);
    });
  }

  const PlanView& view_;
  const Plan& plan_;
  const Target& target_;
  const Style& style_;
  PlanSummary summary_;
  std::vector<BootLoss> losses_;
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
  for (const LimitChange& change : plan.limit_changes) {
    if (change.status != ChangeStatus::kInvalid) continue;
    Error error{.kind = ErrorKind::kInvalid,
                .code = "invalid_limit",
                .message = change.reason,
                .subject = LimitTitle(change),
                .hint = change.hint};
    if (!change.setting.place.file.empty()) error.where = change.setting.place;
    errors.push_back(std::move(error));
  }
  return errors;
}

std::string PlanText(const PlanView& view, const Target& target, PlanEnding ending,
                     const Style& style) {
  return PlanWriter(view, target, style).Text(ending);
}

}  // namespace tunewire
