// The one JSON envelope of every command.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tunewire/base/error.h"

namespace tunewire {

struct EnvelopeHead {
  std::string command;  ///< "plan": the schema is "tunewire.plan/1"
  std::string version;  ///< of the program
  std::string kernel, boot_id;
  std::uint64_t netns = 0;  ///< inode; what is not known is left out
};

/// The whole document, ended by a newline. `result` is a JSON object as text.
std::string EnvelopeJson(const EnvelopeHead& head, std::string_view result,
                         std::span<const Error> errors);

}  // namespace tunewire
