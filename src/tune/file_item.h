// A file as one text, and how a transaction writes it.
#pragma once

#include <string>
#include <string_view>

#include "tunewire/base/result.h"
#include "tunewire/host/files.h"

namespace tunewire {

/// "644 0 0\n" (mode in octal, uid, gid) and the bytes.
std::string FileState(const FileContent& content);
/// Errors: kInvalid "damaged_journal".
Result<FileContent> ParseFileState(std::string_view state);

/// False for a file that is not there: "", or "no folder PATH" where its folder PATH is missing
/// too.
bool IsFileState(std::string_view state);

/// Same bytes and mode, or both not there.
bool SameFileState(std::string_view a, std::string_view b);

Result<std::string> ReadFileItem(const Files& files, const std::string& path);

/// Temp, fsync, rename, fsync of the folder; owner and mode as the state says. A state without a
/// file removes it, and the folders that were not there before it.
Status WriteFileItem(Files& files, const std::string& path, std::string_view state);

/// What a crash may have left beside `path`.
std::string TempPathOf(const std::string& path);

}  // namespace tunewire
