#include "base/word_error.h"

#include <algorithm>

namespace tunewire {

Error WordError(std::string code, std::string_view name, std::string_view text,
                std::string_view part, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = std::move(code);
  error.subject = std::string(part);
  error.message = std::move(message);
  error.hint = std::move(hint);
  error.where = SourcePlace{std::string(name), 1, static_cast<int>(part.data() - text.data()) + 1,
                            std::max(static_cast<int>(part.size()), 1), std::string(text)};
  return error;
}

}  // namespace tunewire
