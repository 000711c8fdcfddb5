// What is known of keys and profiles, as text and as JSON: show, explain, profiles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/catalog/tunable.h"
#include "tunewire/profile/profile.h"

namespace tunewire {

struct ShownSetting {
  std::string key;
  std::optional<std::string> value;  ///< on one line; absent where it cannot be read
  std::string absence;               ///< why there is no value
  std::string hint;                  ///< what to do about that
  const Tunable* tunable = nullptr;  ///< nullptr where nothing is known of the key
  std::optional<std::string> want;   ///< of the profile that was asked for
  std::optional<Origin> origin;      ///< where it asks
  std::string why;
};

/// A heading ("profile http-server: ...") and its settings.
struct ShownGroup {
  std::string heading;
  std::vector<ShownSetting> settings;
  std::vector<LimitSetting> limits;
};

struct ShowView {
  std::vector<ShownGroup> groups;
};
std::string ShowText(const ShowView& view, const Style& style);
std::string ShowJson(const ShowView& view);

struct ExplainView {
  std::optional<ShownSetting> setting;  ///< absent where the key is unknown
};
std::string ExplainText(const ExplainView& view, const Style& style);
std::string ExplainJson(const ExplainView& view);

struct ProfileRow {
  std::string name, file, summary;
  std::vector<std::string> masked;  ///< files of the same name in later folders
  std::string problem;              ///< first error of a file that cannot be used
};

struct ProfilesView {
  std::vector<ProfileRow> rows;
  std::vector<std::string> searched;  ///< folders, in order
};
std::string ProfilesText(const ProfilesView& view, const Target& target, const Style& style);
std::string ProfilesJson(const ProfilesView& view);

}  // namespace tunewire
