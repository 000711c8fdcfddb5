// libFuzzer entry for profiles: no input may crash the reader, and what it takes reads back the
// same from the text that a journal keeps.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tunewire/profile/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tunewire::SourceText source{"fuzz.json",
                                    std::string(reinterpret_cast<const char*>(data), size), false};
  const auto profile = tunewire::ParseProfile(source);
  if (!profile) {
    if (profile.error().empty() || profile.error().size() > 20) std::abort();
    return 0;
  }
  for (const tunewire::Setting& setting : profile->settings) {
    const auto again = tunewire::Requirement::Parse(setting.want.ToText());
    if (!again || !(*again == setting.want)) std::abort();
  }
  return 0;
}
