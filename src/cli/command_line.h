// From words to an Invocation, or to a text to print, or to errors.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "tunewire/base/error.h"

namespace tunewire {

struct ParsedLine {
  enum class Kind { kRun, kPrint, kRefused };
  Kind kind = Kind::kRefused;
  Invocation invocation;      ///< where refused: as much as could be understood
  std::string text;           ///< help or version
  std::vector<Error> errors;  ///< kUsage
};

/// `words` without the program's name.
ParsedLine ParseCommandLine(std::span<const char* const> words);

/// The version of this program.
std::string_view ProgramVersion();

}  // namespace tunewire
