// The commands in the order of their help, each with examples that can be copied.
#pragma once

#include <span>
#include <string_view>

namespace tunewire {

struct CommandEntry {
  std::string_view name;
  std::string_view usage;     ///< "PROFILE... [--exit-code]"
  std::string_view summary;   ///< one line
  std::string_view examples;  ///< lines, two blanks deep
};

std::span<const CommandEntry> AllCommands();
const CommandEntry* FindCommand(std::string_view name);

/// The help of the whole program and what stands before the options in each command's.
std::string_view ProgramExamples();

}  // namespace tunewire
