// How reports name processes, connections and what was seen of them.
#pragma once

#include <cstdint>
#include <string>

#include "report/sockets_report.h"

namespace tunewire {

/// "python3 (pid 812, api.service)", safe for a terminal.
std::string ShownProcess(const Process& process);

/// Of the process with that place in the evidence; "-" where none is known.
std::string ShownOwner(const Evidence& evidence, const std::optional<std::size_t>& owner);

/// "127.0.0.1:80 -> 10.0.0.9:51234"; of a listener only its address.
std::string ShownEnds(const SocketEnd& local, const SocketEnd& remote, const Style& style);

/// "3.0 s", "450 ms".
std::string ShownSpan(std::int64_t ns);

/// "4096", "12.3k", "4.5M": counts and rates in few columns.
std::string ShownNumber(double number);

/// Lines of `text` behind `first` and, from the second one on, behind as many blanks.
std::string Hanging(const std::string& first, std::string_view text, const Style& style);

}  // namespace tunewire
