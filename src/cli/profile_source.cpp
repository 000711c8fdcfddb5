#include "cli/profile_source.h"

#include <algorithm>
#include <filesystem>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::uint32_t kGroupOrWorldWrite = 022;

void AddOnce(std::vector<std::string>& folders, const std::string& folder) {
  std::string plain = std::filesystem::path(folder).lexically_normal().string();
  if (std::find(folders.begin(), folders.end(), plain) == folders.end())
    folders.push_back(std::move(plain));
}

std::vector<std::string> SearchedFolders(const std::string& program, const std::string& root) {
  std::vector<std::string> folders;
  for (const std::string_view base : {"/etc", "/run", "/usr/local/share", "/usr/share"})
    AddOnce(folders, root + std::string(base) + "/tunewire/profiles");
  // The installed data folder may be elsewhere, and a built tree has its profiles beside it.
  AddOnce(folders, TUNEWIRE_DATADIR "/profiles");
  if (const std::size_t slash = program.rfind('/'); slash != std::string::npos) {
    const std::string beside = program.substr(0, slash);
    AddOnce(folders, beside + "/../share/tunewire/profiles");
    AddOnce(folders, beside + "/../profiles");
  }
  return folders;
}

}  // namespace

bool IsNameReference(std::string_view reference) {
  return reference != "-" && reference.find('/') == std::string_view::npos;
}

FolderProfiles::FolderProfiles(Files& files, Terminal& terminal, const ProgramFacts& program,
                               const std::string& root)
    : files_(files),
      terminal_(terminal),
      program_(program),
      folders_(SearchedFolders(program.path, root)) {}

Result<SourceText> FolderProfiles::Open(std::string_view reference) {
  const std::string text(reference);
  if (IsNameReference(reference)) return OpenNamed(text);
  if (reference != "-") return OpenPath(text);
  Result<std::string> input = terminal_.ReadInput(kMaxProfileBytes);
  if (!input) return Fail(input.error());
  return SourceText{"<stdin>", std::move(*input), false};
}

Result<SourceText> FolderProfiles::OpenPath(const std::string& path) const {
  Result<FileContent> content = files_.Read(path, kMaxProfileBytes);
  if (!content) return Fail(content.error());
  const bool unsafe = WritableByOthers(*content);
  return SourceText{path, std::move(content->bytes), unsafe};
}

Result<SourceText> FolderProfiles::OpenNamed(const std::string& name) const {
  const bool harmless = !name.empty() && name.front() != '.' && Printable(name) == name;
  if (harmless && name.size() + kSuffix.size() <= 255) {
    for (const std::string& folder : folders_) {
      Result<SourceText> found = OpenPath(Format("{}/{}{}", folder, name, kSuffix));
      if (found || found.error().kind != ErrorKind::kNotFound) return found;
    }
  }
  return Fail(NoSuchProfile(name));
}

bool FolderProfiles::WritableByOthers(const FileContent& content) const {
  const bool trusted =
      content.uid == 0 || content.uid == program_.user || content.uid == program_.owner;
  return !trusted || (content.mode & kGroupOrWorldWrite) != 0;
}

Error FolderProfiles::NoSuchProfile(const std::string& name) const {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_such_profile";
  error.subject = name;
  error.message = Format("no profile '{}'", Printable(name));
  if (name.ends_with(kSuffix)) {
    error.hint = Format("a path needs a slash: ./{}", Printable(name));
    return error;
  }
  std::vector<std::string> names;
  if (const Result<std::vector<FoundProfile>> found = List()) {
    for (const FoundProfile& profile : *found) names.push_back(profile.name);
  }
  const std::vector<std::string> near = Nearest(name, names, 3);
  error.hint = near.empty() ? std::string("`tunewire profiles` lists them")
                            : Format("did you mean {}?", Join(near, " or "));
  return error;
}

Result<std::vector<FoundProfile>> FolderProfiles::List() const {
  std::vector<FoundProfile> found;
  for (const std::string& folder : folders_) {
    const Result<std::vector<std::string>> names = files_.List(folder);
    if (!names) return Fail(names.error());
    for (const std::string& file : *names) {
      if (!file.ends_with(kSuffix) || file.front() == '.') continue;
      const std::string name = file.substr(0, file.size() - kSuffix.size());
      const std::string path = folder + "/" + file;
      const auto known = std::find_if(found.begin(), found.end(), [&name](const FoundProfile& one) {
        return one.name == name;
      });
      if (known == found.end()) {
        found.push_back({name, path, {}});
      } else {
        known->masked.push_back(path);
      }
    }
  }
  std::sort(found.begin(), found.end(),
            [](const FoundProfile& a, const FoundProfile& b) { return a.name < b.name; });
  return found;
}

}  // namespace tunewire
