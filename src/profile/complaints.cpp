#include "profile/complaints.h"

#include <algorithm>

namespace tunewire {

void Complaints::Add(Span span, std::string code, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  error.subject = places_.file();
  error.where = places_.At(span.offset, span.length);
  found_.emplace_back(span.offset, std::move(error));
}

std::vector<Error> Complaints::Take() {
  std::stable_sort(found_.begin(), found_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Error> errors;
  for (auto& [offset, error] : found_) {
    if (errors.size() == kMost) break;
    errors.push_back(std::move(error));
  }
  found_.clear();
  return errors;
}

}  // namespace tunewire
