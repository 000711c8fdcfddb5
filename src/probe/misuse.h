// A run that cannot be made as asked.
#pragma once

#include "tunewire/base/error.h"

namespace tunewire {

inline Error Misuse(const char* code, const char* message) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = code;
  error.message = message;
  return error;
}

}  // namespace tunewire
