// The session stack of PAM services, as libpam builds it (libpam/pam_handlers.c).
#include "tunewire/tune/pam.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/format.h"
#include "tune/pam_lines.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr const char* kLine = "session required pam_limits.so";
constexpr std::size_t kLargestFile = 1 << 20;
constexpr int kDeepest = 16;        // PAM_SUBSTACK_MAX_LEVEL
constexpr int kMostIncludes = 512;  // two lines that include their own file would be 65,536
constexpr std::array<const char*, 3> kFolders{"/etc/pam.d/", "/usr/lib/pam.d/", "/usr/etc/pam.d/"};

struct PamEntry {
  PamPlace place;
  std::string control;
  std::string module;
  std::vector<std::string> arguments;
  std::vector<PamEntry> substack;  ///< of a "substack" line, which counts as one for a jump
};
using Stack = std::vector<PamEntry>;

struct PamText {
  std::string path;
  std::string bytes;
};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

Error Problem(const char* code, std::string message, const PamPlace& place) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = code;
  error.message = std::move(message);
  error.where = SourcePlace{place.file, place.line, 0, 0, {}};
  return error;
}

/// What libpam opens under a name.
class PamFolder {
 public:
  PamFolder(const Files& files, const std::string& root)
      : files_(files), root_(root == "/" ? "" : root) {
    while (root_.ends_with('/')) root_.pop_back();
  }

  /// Error "no_such_file" where no folder has it.
  Result<PamText> Open(const std::string& name) {
    const auto known = known_.find(name);
    if (known != known_.end()) return known->second;
    return known_.emplace(name, OpenNew(name)).first->second;
  }

  [[nodiscard]] std::string Own(const std::string& name) const {
    return root_ + kFolders.front() + name;
  }

 private:
  Result<PamText> OpenNew(const std::string& name) const {
    if (name.starts_with('/')) return Read(root_ + name);
    for (const char* folder : kFolders) {
      Result<PamText> text = Read(root_ + folder + name);
      if (text || text.error().kind != ErrorKind::kNotFound) return text;
    }
    return Read(Own(name));
  }

  Result<PamText> Read(const std::string& path) const {
    Result<FileContent> content = files_.Read(path, kLargestFile);
    if (!content) return Fail(std::move(content.error()));
    return PamText{path, std::move(content->bytes)};
  }

  const Files& files_;
  std::string root_;
  std::map<std::string, Result<PamText>> known_;
};

class StackReader {
 public:
  explicit StackReader(PamFolder& folder) : folder_(folder) {}

  Stack Parse(const PamText& text, int level) {
    Stack stack;
    for (const PamLine& line : SplitPamLines(text.bytes)) {
      AddLine(PamWords(line.text), {text.path, line.number}, level, stack);
    }
    return stack;
  }

  std::vector<Error> TakeProblems() { return std::move(problems_); }

 private:
  void AddLine(const std::vector<std::string>& words, const PamPlace& place, int level,
               Stack& stack) {
    const std::string type = Lower(words[0].starts_with('-') ? words[0].substr(1) : words[0]);
    if (type == "@include") {
      Append(Include(words.size() > 1 ? words[1] : "", place, level), stack);
    } else if (type == "session" && words.size() > 2) {
      AddSession(words, place, level, stack);
    }
  }

  void AddSession(const std::vector<std::string>& words, const PamPlace& place, int level,
                  Stack& stack) {
    const std::string control = Lower(words[1]);
    if (control == "include") {
      Append(Include(words[2], place, level), stack);
      return;
    }
    PamEntry entry{place, control, words[2], {words.begin() + 3, words.end()}, {}};
    if (control == "substack") {
      entry.module.clear();
      entry.substack = Include(words[2], place, level);
    }
    stack.push_back(std::move(entry));
  }

  static void Append(Stack more, Stack& stack) {
    std::ranges::move(more, std::back_inserter(stack));
  }

  /// Where it cannot be included, libpam puts one entry in its place that always fails.
  Stack Include(const std::string& name, const PamPlace& place, int level) {
    if (level + 1 >= kDeepest || ++includes_ > kMostIncludes) {
      Add(Problem("too_deep", Format("{} is included too deep", Printable(name)), place));
      return {PamEntry{place, {}, {}, {}, {}}};
    }
    const Result<PamText> text = folder_.Open(name);
    if (text) return Parse(*text, level + 1);
    Error error = text.error();
    error.where = SourcePlace{place.file, place.line, 0, 0, {}};
    Add(std::move(error));
    return {PamEntry{place, {}, {}, {}, {}}};
  }

  void Add(Error error) {
    if (std::ranges::find(problems_, error) == problems_.end()) problems_.push_back(error);
  }

  PamFolder& folder_;
  std::vector<Error> problems_;
  int includes_ = 0;
};

struct Found {
  const PamEntry* entry = nullptr;
  const PamEntry* skipper = nullptr;
};

bool IsPamLimits(const PamEntry& entry) {
  return entry.module.substr(entry.module.rfind('/') + 1) == "pam_limits.so";
}

/// The entry that may keep this stack from coming to its n-th.
const PamEntry* SkipperOf(const Stack& stack, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const PamControl control = ParsePamControl(stack[i].control);
    if (control.ends_stack || i + static_cast<std::size_t>(control.jump) >= n) return &stack[i];
  }
  return nullptr;
}

void Collect(const Stack& stack, const PamEntry* skipper, std::vector<Found>& found) {
  for (std::size_t n = 0; n < stack.size(); ++n) {
    const PamEntry* here = skipper != nullptr ? skipper : SkipperOf(stack, n);
    if (IsPamLimits(stack[n])) found.push_back({&stack[n], here});
    Collect(stack[n].substack, here, found);
  }
}

std::string ConfOf(const PamEntry& entry) {
  constexpr std::string_view kConf = "conf=";
  for (const std::string& argument : entry.arguments) {
    if (argument.starts_with(kConf)) return argument.substr(kConf.size());
  }
  return {};
}

PamState StateOf(const Found& found) {
  if (!ConfOf(*found.entry).empty()) return PamState::kElsewhere;
  return found.skipper != nullptr ? PamState::kSkippable : PamState::kApplied;
}

/// The best of those that are in the stack: states are in that order.
void Judge(const Stack& stack, PamFinding& finding) {
  std::vector<Found> all;
  Collect(stack, nullptr, all);
  if (all.empty()) return;
  const Found& best = *std::ranges::min_element(all, {}, StateOf);
  finding.state = StateOf(best);
  finding.place = best.entry->place;
  if (finding.state == PamState::kSkippable) finding.skipper = best.skipper->place;
  if (finding.state == PamState::kElsewhere) finding.conf = ConfOf(*best.entry);
}

bool CouldNotRead(const Error& error) {
  return error.code != "too_deep" && error.kind != ErrorKind::kNotFound;
}

void AdviseLine(const PamFolder& folder, const std::string& name, const PamText& text,
                PamFinding& finding) {
  finding.add_to = folder.Own(name);
  finding.add_line = kLine;
  if (text.path != finding.add_to) finding.copy_from = text.path;
}

PamFinding CheckOne(PamFolder& folder, const PamSubject& subject) {
  PamFinding finding;
  finding.subject = subject;
  std::string name = subject.name;
  Result<PamText> text = folder.Open(name);
  if (!text) {
    const bool absent = text.error().kind == ErrorKind::kNotFound;
    finding.state = absent ? PamState::kAbsent : PamState::kUnreadable;
    if (!absent) finding.problems.push_back(text.error());
    return finding;
  }
  StackReader reader(folder);
  Stack stack = reader.Parse(*text, 0);
  if (stack.empty() && subject.kind == PamSubject::Kind::kService) {
    // Adding a session line to the service would take the rest of "other" away from it.
    if (const Result<PamText> other = folder.Open("other"); other) {
      name = "other";
      text = other;
      stack = reader.Parse(*text, 0);
    }
  }
  Judge(stack, finding);
  finding.problems = reader.TakeProblems();
  if (finding.state != PamState::kMissing) return finding;
  if (std::ranges::any_of(finding.problems, CouldNotRead)) finding.state = PamState::kUnreadable;
  if (finding.state == PamState::kMissing) AdviseLine(folder, name, *text, finding);
  return finding;
}

}  // namespace

std::span<const PamSubject> PamSubjects() {
  using Kind = PamSubject::Kind;
  static const std::array<PamSubject, 7> kSubjects{
      {{"login", Kind::kService},
       {"sshd", Kind::kService},
       {"su", Kind::kService},
       {"cron", Kind::kService},
       {"crond", Kind::kService},
       {"common-session", Kind::kIncluded},
       {"common-session-noninteractive", Kind::kIncluded}}};
  return kSubjects;
}

std::vector<PamFinding> CheckPam(const Files& files, const std::string& root,
                                 std::span<const PamSubject> subjects) {
  PamFolder folder(files, root);
  std::vector<PamFinding> findings;
  for (const PamSubject& subject : subjects) findings.push_back(CheckOne(folder, subject));
  return findings;
}

}  // namespace tunewire
