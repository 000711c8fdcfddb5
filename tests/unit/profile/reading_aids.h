// What the profile tests share: errors as one comparable text, and profiles from memory.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "tunewire/profile/profile.h"

namespace tunewire {

/// As a person reads it: place, message, code, the line, a caret under the bad part, the hint.
inline std::string Rendered(const Error& error) {
  if (!error.where) return Format("-: {} [{}]\n  = {}\n", error.message, error.code, error.hint);
  const SourcePlace& at = *error.where;
  const auto indent = static_cast<std::size_t>(at.column - 1);
  return Format("{}:{}:{}: {} [{}]\n| {}\n| {}{}{}\n", at.file, at.line, at.column, error.message,
                error.code, at.excerpt, std::string(indent, ' '),
                std::string(static_cast<std::size_t>(at.length), '^'),
                error.hint.empty() ? "" : "  " + error.hint);
}

inline std::string Rendered(const std::vector<Error>& errors) {
  std::string all;
  for (const Error& error : errors) all += Rendered(error);
  return all;
}

inline tl::expected<Profile, std::vector<Error>> ParsedText(std::string_view text) {
  return ParseProfile(SourceText{"t.json", std::string(text), false});
}

/// The errors of a text that must be refused, as one text.
inline std::string ErrorsOf(std::string_view text) {
  const auto profile = ParsedText(text);
  return profile ? "accepted\n" : "\n" + Rendered(profile.error());
}

/// Errors of a profile with this "sysctl" part, one "code column+length" each.
inline std::string SysctlErrors(std::string_view members) {
  const auto profile =
      ParsedText(Format("{{\"format\": 1, \"name\": \"t\", \"sysctl\": {{\n{}}}}}", members));
  if (profile) return "accepted";
  std::string all;
  for (const Error& error : profile.error()) {
    if (!all.empty()) all += "; ";
    const SourcePlace at = error.where.value_or(SourcePlace{});
    all += Format("{} {}+{}", error.code, at.column, at.length);
  }
  return all;
}

inline Profile ProfileOf(std::string_view text) {
  const auto profile = ParsedText(text);
  REQUIRE_MESSAGE(profile.has_value(), Rendered(profile ? std::vector<Error>{} : profile.error()));
  return *profile;
}

/// The requirement of the one key in `members`, as text.
inline std::string WantOf(std::string_view members) {
  const Profile profile =
      ProfileOf(Format("{{\"format\": 1, \"name\": \"t\", \"sysctl\": {{\n{}}}}}", members));
  REQUIRE(profile.settings.size() == 1);
  return profile.settings[0].want.ToText();
}

/// Files in memory, by the reference that opens them.
class MemoryProfiles final : public ProfileSource {
 public:
  std::map<std::string, std::string> files;
  std::vector<std::string> opened;

  Result<SourceText> Open(std::string_view reference) override {
    opened.emplace_back(reference);
    const auto found = files.find(std::string(reference));
    if (found == files.end()) {
      Error error;
      error.kind = ErrorKind::kNotFound;
      error.code = "no_such_profile";
      error.message = Format("no profile {}", reference);
      return Fail(std::move(error));
    }
    const bool path = reference.find('/') != std::string_view::npos;
    return SourceText{path ? std::string(reference) : Format("/p/{}.json", reference),
                      found->second, false};
  }
};

}  // namespace tunewire
