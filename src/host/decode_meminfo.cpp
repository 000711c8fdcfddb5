#include "host/decode_meminfo.h"

#include <string>
#include <vector>

#include "tunewire/base/text.h"

namespace tunewire {

std::optional<std::uint64_t> DecodeMemTotal(std::string_view meminfo) {
  for (const std::string& line : Split(meminfo, '\n')) {
    const std::vector<std::string> words = SplitWords(line);
    if (words.size() != 3 || words[0] != "MemTotal:" || words[2] != "kB") continue;
    const std::optional<std::int64_t> kibibytes = ParseDecimal(words[1]);
    std::uint64_t bytes = 0;
    if (!kibibytes || *kibibytes < 0 ||
        __builtin_mul_overflow(static_cast<std::uint64_t>(*kibibytes), 1024U, &bytes)) {
      return std::nullopt;
    }
    return bytes;
  }
  return std::nullopt;
}

}  // namespace tunewire
