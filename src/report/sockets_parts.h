// The parts that the text of `tunewire sockets` is put together from.
#pragma once

#include <string>

#include "report/sockets_report.h"

namespace tunewire {

/// The findings as blocks, worst first; the same trouble of several processes of one program is one
/// block.
std::string FindingBlocks(const SocketsView& view, const Style& style);

/// What could not be seen, line by line; empty where nothing is missing.
std::string UnseenLines(const SocketsView& view, const Style& style);

/// The table of --listeners.
std::string ListenerTable(const SocketsView& view, const Style& style);

/// The table of --options: connections with the same options are one entry.
std::string OptionTable(const SocketsView& view, const Style& style);

/// What -v adds: every connection with its numbers, and the looks.
std::string ConnectionTable(const SocketsView& view, const Style& style);
std::string LookTable(const SocketsView& view, const Style& style);

/// The command that would prove or mend the worst finding, empty where there is none.
std::string NextCommand(const SocketsView& view);

}  // namespace tunewire
