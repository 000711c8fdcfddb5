// The parts of a recording that are JSON. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tunewire/sockets/evidence.h"

namespace tunewire::recording {

std::string AroundJson(const SocketSurroundings& around, std::string_view kernel);
std::string ProcessJson(const Process& process);
std::string OptionsJson(std::uint64_t inode, const SocketOptions& options);

/// Nothing where the text is not of that kind. Fields that are not known are passed over.
bool ReadAround(std::string_view text, SocketSurroundings& around);
std::optional<Process> ReadProcess(std::string_view text);
std::optional<std::pair<std::uint64_t, SocketOptions>> ReadOptions(std::string_view text);

}  // namespace tunewire::recording
