// The running program itself: where it lies and whose it is.
#pragma once

#include <cstdint>
#include <string>

namespace tunewire {

struct ProgramFacts {
  std::string path;         ///< of the program's file, empty where it cannot be told
  std::uint32_t owner = 0;  ///< user id of that file's owner
  std::uint32_t user = 0;   ///< effective user id of this process
};

ProgramFacts ReadProgramFacts();

}  // namespace tunewire
