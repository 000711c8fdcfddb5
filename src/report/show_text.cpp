#include <algorithm>
#include <functional>

#include "base/format.h"
#include "report/layout.h"
#include "report/show_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr int kFewSettings = 16;

struct Columns {
  int key = 0, value = 0, unit = 0;
};

std::string ValueText(const ShownSetting& setting) {
  if (setting.value) return Printable(*setting.value);
  return setting.absence.empty() ? "unreadable" : "-";
}

std::string UnitText(const ShownSetting& setting) {
  return setting.tunable == nullptr ? std::string()
                                    : std::string(UnitSymbol(setting.tunable->unit));
}

Columns Measure(const ShownGroup& group, const Style& style) {
  constexpr int kWidestValue = 12;
  std::vector<int> keys;
  Columns columns;
  for (const ShownSetting& setting : group.settings) {
    keys.push_back(ShownWidth(setting.key));
    const int value = ShownWidth(ValueText(setting));
    if (value <= kWidestValue) columns.value = std::max(columns.value, value);
    columns.unit = std::max(columns.unit, ShownWidth(UnitText(setting)));
  }
  columns.key = CommonWidth(std::move(keys), style.columns / 2);
  return columns;
}

std::string SummaryOf(const ShownSetting& setting) {
  if (!setting.value && !setting.absence.empty()) return Printable(setting.absence);
  return setting.tunable == nullptr ? std::string() : std::string(setting.tunable->summary);
}

/// Few settings have room for a line of explanation each.
enum class Amount { kFew, kMany };

/// The key's row; what is said of it fills the rest of the line, or is cut.
std::string Row(const ShownSetting& setting, const Columns& columns, Amount amount,
                const Style& style) {
  const std::string value = ValueText(setting);
  // A long key takes its surplus from the blanks before the value.
  const int surplus = std::max(ShownWidth(setting.key) - columns.key, 0);
  std::string line = PadRight(Printable(setting.key), columns.key) + "  " +
                     PadLeft(value, columns.value - surplus);
  if (setting.want) line += "  want " + Printable(*setting.want);
  if (ShownWidth(line) > style.columns) {
    line = Printable(setting.key) + "\n    " + value;
    if (setting.want) line += "\n    want " + Printable(*setting.want);
    return line + "\n";
  }
  if (columns.unit > 0) line += " " + PadRight(UnitText(setting), columns.unit);
  const int room = style.columns - ShownWidth(line) - 2;
  const std::string summary = SummaryOf(setting);
  constexpr int kWorthReading = 16;
  if (amount == Amount::kMany && room >= kWorthReading && !summary.empty()) {
    return line + "  " + Paint(style, Tone::kDim, Cut(summary, room, style)) + "\n";
  }
  line = line.substr(0, line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Below the row: the meaning on one line, or with -v everything.
std::string MeaningLine(const ShownSetting& setting, const Style& style) {
  std::string text = SummaryOf(setting);
  if (!setting.why.empty() && setting.value) text = Printable(setting.why);
  if (text.empty()) return "";
  if (setting.tunable != nullptr && setting.value && setting.why.empty())
    text = Format("{}; {}", ScopeName(setting.tunable->scope), text);
  return "    " + Paint(style, Tone::kDim, Cut(text, style.columns - 4, style)) + "\n";
}

std::string VerboseLines(const ShownSetting& setting, const Style& style) {
  std::string text = Indented(SummaryOf(setting), 4, style);
  if (setting.tunable != nullptr) {
    text += Indented(Format("{}; takes effect: {}", ScopeName(setting.tunable->scope),
                            TakesEffectName(setting.tunable->takes_effect)),
                     4, style);
  }
  if (!setting.why.empty()) text += Indented("why: " + Printable(setting.why), 4, style);
  if (setting.origin && !setting.origin->file.empty())
    text += "    from " + Printable(setting.origin->file) + Format(":{}\n", setting.origin->line);
  return text;
}

std::string PlainLines(const ShowView& view) {
  std::string text;
  for (const ShownGroup& group : view.groups) {
    for (const ShownSetting& setting : group.settings) {
      if (!setting.value) continue;
      text += Printable(setting.key) + " = " + Printable(*setting.value) + "\n";
    }
  }
  return text;
}

std::string LimitLines(const ShownGroup& group, const Style& style) {
  constexpr std::string_view kWhose[] = {"logins of", "service", "running"};
  std::string text;
  for (const LimitSetting& limit : group.limits) {
    const std::string hard = limit.hard == kUnlimited ? "unlimited" : Format("{}", limit.hard);
    text += Indented(
        Format("limit {} {} {}  want {}", limit.item,
               kWhose[static_cast<std::size_t>(limit.target)], Printable(limit.subject), hard),
        0, style);
  }
  return text;
}

class Explanation {
 public:
  explicit Explanation(const Style& style) : style_(style) {}

  void Add(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    bool first = true;
    for (const std::string& line : Wrap(text, style_.columns - kIndent)) {
      text_ += first ? "  " + PadRight(std::string(name), kIndent - 2) : std::string(kIndent, ' ');
      text_ += line + "\n";
      first = false;
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static constexpr int kIndent = 18;
  const Style& style_;
  std::string text_;
};

/// What the kernel does with values that the catalog refuses; empty where it refuses them, too.
std::string BeyondWords(const Field& field) {
  const auto sides = [&field](Beyond what) -> std::string_view {
    const bool below = field.below == what, above = field.above == what;
    return below && above ? "below and above" : below ? "below" : above ? "above" : "";
  };
  std::vector<std::string> notes;
  if (const std::string_view where = sides(Beyond::kAccepted); !where.empty())
    notes.push_back(Format("the kernel itself would take values {}", where));
  if (const std::string_view where = sides(Beyond::kAltered); !where.empty())
    notes.push_back(Format("the kernel stores something else for values {}", where));
  return Join(notes, ", and ");
}

std::string RangeOf(const Field& field) {
  switch (field.type) {
    case FieldType::kInteger:
      return Format("{}..{}", field.min, field.max);
    case FieldType::kText:
      return "a name";
    case FieldType::kWords:
      return "a list of names";
    case FieldType::kPortList:
      return "ports and ranges: 80,8080-8090";
    case FieldType::kCpuMask:
      return "a hexadecimal mask";
  }
  return "";
}

std::string RangeWords(const Field& field) {
  const std::string range = RangeOf(field);
  const std::string beyond = field.type == FieldType::kInteger ? BeyondWords(field) : "";
  return beyond.empty() ? range : range + "; " + beyond;
}

void AddRange(Explanation& lines, const Tunable& tunable) {
  std::vector<std::string> ranges, names;
  for (const Field& field : tunable.fields) {
    ranges.push_back(RangeWords(field));
    names.emplace_back(field.name);
  }
  if (ranges.size() > 1) lines.Add("fields", Join(names, " "));
  const bool same =
      std::adjacent_find(ranges.begin(), ranges.end(), std::not_equal_to<>()) == ranges.end();
  if (ranges.size() > 1 && same) {
    lines.Add("range", "each " + ranges.front());
  } else {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      lines.Add(i == 0 ? "range" : "", ranges.size() > 1 ? names[i] + ": " + ranges[i] : ranges[i]);
    }
  }
  if (tunable.ascending) lines.Add("order", "no field below the one before it");
}

std::string_view RoundingWords(Rounding rounding) {
  switch (rounding) {
    case Rounding::kNone:
      return "";
    case Rounding::kPowerOfTwo:
      return "up to a power of two";
    case Rounding::kJiffies:
      return "to whole jiffies";
    case Rounding::kPages:
      return "to whole pages";
  }
  return "";
}

std::string StandingWords(const Tunable& tunable) {
  if (tunable.standing != Standing::kNoEffect) return "";
  return Format("can be set, but has had no effect since Linux {}", tunable.until);
}

std::string AccessWords(Access access) {
  switch (access) {
    case Access::kReadWrite:
      return "";
    case Access::kReadOnly:
      return "read-only";
    case Access::kWriteOnly:
      return "write-only";
  }
  return "";
}

std::string ValueWords(const ShownSetting& setting) {
  if (!setting.value) {
    std::string text = "none: " + Printable(setting.absence);
    const bool said = setting.tunable != nullptr && setting.hint == setting.tunable->instead;
    return setting.hint.empty() || said ? text : text + "; " + Printable(setting.hint);
  }
  std::string text = Printable(*setting.value);
  if (setting.tunable != nullptr && setting.tunable->unit != Unit::kNone)
    text += Format("  ({})", UnitName(setting.tunable->unit));
  return text;
}

void AddCatalogRow(Explanation& lines, const Tunable& tunable) {
  if (tunable.standing == Standing::kRemoved) {
    lines.Add("instead", tunable.instead);
    lines.Add("source", tunable.source);
    return;
  }
  AddRange(lines, tunable);
  lines.Add("rounded", RoundingWords(tunable.rounding));
  lines.Add("access", AccessWords(tunable.access));
  lines.Add("scope", ScopeName(tunable.scope));
  lines.Add("takes effect", TakesEffectName(tunable.takes_effect));
  std::vector<std::string> coupled(tunable.coupled.begin(), tunable.coupled.end());
  lines.Add("changes along", Join(coupled, " "));
  lines.Add("module", tunable.module);
  if (!tunable.since.empty()) lines.Add("since", Format("Linux {}", tunable.since));
  lines.Add("standing", StandingWords(tunable));
  lines.Add("instead", tunable.instead);
  lines.Add("source", tunable.source);
}

std::string FolderOf(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? std::string() : file.substr(0, slash);
}

std::string ProfileLine(const ProfileRow& row, int name_width, const Style& style) {
  const int indent = name_width + 4;
  const bool usable = row.problem.empty();
  const std::string about = usable ? Printable(row.summary) : "unusable: " + Printable(row.problem);
  std::string text = "  " + PadRight(Printable(row.name), name_width);
  std::string gap = "  ";
  for (const std::string& line : Wrap(about, style.columns - indent)) {
    text += gap + (usable ? line : Paint(style, Tone::kBad, line)) + "\n";
    gap = std::string(static_cast<std::size_t>(indent), ' ');
  }
  if (!text.ends_with('\n')) text += "\n";
  for (const std::string& masked : row.masked)
    text +=
        std::string(static_cast<std::size_t>(indent), ' ') + "masks " + Printable(masked) + "\n";
  return text;
}

}  // namespace

std::string ShowText(const ShowView& view, const Style& style) {
  if (style.detail == Detail::kQuiet) return PlainLines(view);
  std::string text;
  for (const ShownGroup& group : view.groups) {
    if (!text.empty()) text += "\n";
    if (!group.heading.empty()) text += Indented(Printable(group.heading), 0, style);
    const Columns columns = Measure(group, style);
    const bool verbose = style.detail == Detail::kVerbose;
    const Amount amount =
        verbose || std::ssize(group.settings) <= kFewSettings ? Amount::kFew : Amount::kMany;
    for (const ShownSetting& setting : group.settings) {
      text += Row(setting, columns, amount, style);
      if (verbose) {
        text += VerboseLines(setting, style);
      } else if (amount == Amount::kFew) {
        text += MeaningLine(setting, style);
      }
    }
    text += LimitLines(group, style);
  }
  return text;
}

std::string ExplainText(const ExplainView& view, const Style& style) {
  if (!view.setting) return "";
  const ShownSetting& setting = *view.setting;
  if (style.detail == Detail::kQuiet) return setting.value ? Printable(*setting.value) + "\n" : "";
  std::string text = Paint(style, Tone::kStrong, Printable(setting.key)) + "\n";
  if (setting.tunable != nullptr) text += Indented(setting.tunable->summary, 2, style);
  Explanation lines(style);
  lines.Add("value now", ValueWords(setting));
  if (setting.tunable != nullptr) {
    AddCatalogRow(lines, *setting.tunable);
  } else {
    lines.Add("", "this key is there, but the catalog has no row for it");
  }
  return text + "\n" + lines.text();
}

std::string ProfilesText(const ProfilesView& view, const Target& target, const Style& style) {
  if (style.detail == Detail::kQuiet) {
    std::string names;
    for (const ProfileRow& row : view.rows) names += Printable(row.name) + "\n";
    return names;
  }
  std::string text =
      VerdictLine("PROFILES", Tone::kStrong, Format("{} found", view.rows.size()), "", style);
  int width = 0;
  for (const ProfileRow& row : view.rows) width = std::max(width, ShownWidth(row.name));
  std::vector<std::string> folders;
  for (const ProfileRow& row : view.rows) {
    const std::string folder = FolderOf(row.file);
    if (std::find(folders.begin(), folders.end(), folder) == folders.end())
      folders.push_back(folder);
  }
  for (const std::string& folder : folders) {
    text += "\n" + Printable(folder) + "\n";
    for (const ProfileRow& row : view.rows) {
      if (FolderOf(row.file) == folder) text += ProfileLine(row, width, style);
    }
  }
  if (view.rows.empty() || style.detail == Detail::kVerbose) {
    text += "\nsearched, the first one wins:\n";
    for (const std::string& folder : view.searched) text += "  " + Printable(folder) + "\n";
  }
  if (view.rows.empty()) return text;
  text += "\n";
  const bool has_http = std::any_of(view.rows.begin(), view.rows.end(), [](const ProfileRow& row) {
    return row.name == "http-server";
  });
  const std::string example = has_http ? "http-server" : ShellWord(view.rows.front().name);
  return text + NextLine("", CommandFor(target, "plan " + Printable(example)), style);
}

}  // namespace tunewire
