// Writing a profile's text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

/// One setting as the profile says it; `value` is JSON already.
struct JsonSetting {
  std::string key;
  std::string value;  ///< "8192", "\"bbr\"", "[\"keep\", 5]"; empty where `bound` is given
  std::string bound;  ///< "\"at_least\": 8192"
  bool optional = false;
  std::string source;  ///< "file:line"
};

struct JsonLimit {
  std::string item;
  std::string subject;
  std::string soft;  ///< JSON
  std::string hard;
  std::string source;
};

std::string JsonString(std::string_view text);

/// The whole profile, one setting a line. `limits` are grouped by item in their order.
std::string ProfileJson(std::string_view name, std::string_view summary,
                        const std::vector<JsonSetting>& settings,
                        const std::vector<JsonLimit>& limits);

}  // namespace tunewire
