// Walking /proc with few system calls. A process may end between any two of them; then it is as if
// it had never been there.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/decode_proc.h"
#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

/// Room for what one read(2) of a file in /proc/PID is asked for: each is made as one record.
inline constexpr std::size_t kProcRoom = 16384;

Result<UniqueFd> OpenProc();

/// A folder below `folder`; not valid, with errno, where it cannot be opened.
UniqueFd OpenFolderAt(int folder, const char* name);

/// Names that are decimal numbers, as numbers, ascending. Once per descriptor: it stands at the end
/// then.
Result<std::vector<int>> NumbersIn(int folder);

/// The next of them, in the folder's order, as many as `room` takes; empty at the end, and where it
/// cannot be read. A large folder need not be listed whole.
std::vector<int> NextNumbersIn(int folder, std::span<char> room);

/// What fits `room` of a file; nothing, with errno, where it cannot be read.
std::optional<std::string_view> ReadAt(int folder, const char* name, std::span<char> room);

/// Where a link leads; nothing, with errno, where it cannot be read.
std::optional<std::string_view> ReadLinkAt(int folder, const char* name, std::span<char> room);

/// The process that has this number now; nothing where there is none.
std::optional<ProcessStat> StatOf(int proc, int pid);

}  // namespace tunewire
