// libFuzzer entry for the strict JSON reader: no input may crash it, and every error has a place
// inside the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/strict_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = tunewire::ParseStrictJson("fuzz.json", text, tunewire::JsonLimits{});
  if (node) return 0;
  const auto& where = node.error().where;
  if (node.error().message.empty()) std::abort();
  if (where && (where->line < 1 || where->column < 1 || where->length < 1)) std::abort();
  return 0;
}
