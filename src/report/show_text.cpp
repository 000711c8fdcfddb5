#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "report/show_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr int kFewSettings = 12;

struct Columns {
  int key = 0, value = 0, unit = 0, want = 0;
};

std::string ValueText(const ShownSetting& setting) {
  if (setting.value) return Printable(*setting.value);
  return setting.absence.empty() ? "unreadable" : "-";
}

std::string UnitText(const ShownSetting& setting) {
  return setting.tunable == nullptr ? std::string()
                                    : std::string(UnitSymbol(setting.tunable->unit));
}

/// The width that suits most: the few longest push their own rows.
int CommonWidth(std::vector<int> widths, int most) {
  std::erase_if(widths, [most](int width) { return width > most; });
  if (widths.empty()) return 0;
  const std::size_t ninth_tenth = (widths.size() - 1) * 9 / 10;
  std::nth_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(ninth_tenth),
                   widths.end());
  return widths[ninth_tenth];
}

Columns Measure(const ShownGroup& group, const Style& style) {
  std::vector<int> keys, values, units, wants;
  for (const ShownSetting& setting : group.settings) {
    keys.push_back(ShownWidth(setting.key));
    values.push_back(ShownWidth(ValueText(setting)));
    units.push_back(ShownWidth(UnitText(setting)));
    wants.push_back(setting.want ? ShownWidth(*setting.want) : 0);
  }
  return {CommonWidth(std::move(keys), style.columns / 2), CommonWidth(std::move(values), 12),
          CommonWidth(std::move(units), style.columns), CommonWidth(std::move(wants), 20)};
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
  std::string line =
      PadRight(Printable(setting.key), columns.key) + "  " + PadLeft(value, columns.value);
  if (setting.want) line += "  want " + PadLeft(Printable(*setting.want), columns.want);
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
  if (text.empty()) return "";
  if (setting.tunable != nullptr) text = Format("{}; {}", ScopeName(setting.tunable->scope), text);
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

std::string BeyondWords(std::string_view side, Beyond beyond) {
  switch (beyond) {
    case Beyond::kRefused:
      return "";
    case Beyond::kAccepted:
      return Format("the kernel itself would take values {}", side);
    case Beyond::kAltered:
      return Format("the kernel silently stores something else {}", side);
  }
  return "";
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

void AddRange(Explanation& lines, const Tunable& tunable) {
  for (std::size_t i = 0; i < tunable.fields.size(); ++i) {
    const Field& field = tunable.fields[i];
    std::string range = RangeOf(field);
    if (!field.name.empty()) range = Format("{}: {}", field.name, range);
    std::vector<std::string> notes;
    if (field.type == FieldType::kInteger) {
      for (std::string note :
           {BeyondWords("below", field.below), BeyondWords("above", field.above)}) {
        if (!note.empty()) notes.push_back(std::move(note));
      }
    }
    if (!notes.empty()) range += "; " + Join(notes, ", and ");
    lines.Add(i == 0 ? "range" : "", range);
  }
  if (tunable.ascending) lines.Add("", "the fields must not decrease");
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
  switch (tunable.standing) {
    case Standing::kLive:
      return "";
    case Standing::kNoEffect:
      return Format("can be set, but has had no effect since Linux {}", tunable.until);
    case Standing::kRemoved:
      return Format("removed in Linux {}", tunable.until);
  }
  return "";
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
    return setting.hint.empty() ? text : text + "; " + Printable(setting.hint);
  }
  std::string text = Printable(*setting.value);
  if (setting.tunable != nullptr && setting.tunable->unit != Unit::kNone)
    text += Format("  ({})", UnitName(setting.tunable->unit));
  return text;
}

void AddCatalogRow(Explanation& lines, const Tunable& tunable) {
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
  const std::string head = "  " + PadRight(Printable(row.name), name_width) + "  ";
  const int room = style.columns - ShownWidth(head);
  std::string text;
  if (!row.problem.empty()) {
    text = head +
           Paint(style, Tone::kBad, Cut("unusable: " + Printable(row.problem), room, style)) + "\n";
  } else {
    text = head + Cut(Printable(row.summary), room, style) + "\n";
  }
  for (const std::string& masked : row.masked)
    text += std::string(static_cast<std::size_t>(name_width) + 4, ' ') + "masks " +
            Printable(masked) + "\n";
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
