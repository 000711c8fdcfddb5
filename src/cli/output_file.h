// Files that a report is written to: whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "cli/session.h"

namespace tunewire {

/// Whether WriteOutput could: asked before a measurement, so that none is taken in vain.
Status CheckOutput(Session& session, const std::string& path);

/// A new file, whole and synced, or none. Errors: system errors, with `hint` where they have none.
Status WriteNewFile(Session& session, const std::string& path, std::string_view text,
                    std::string_view hint);

/// Writes beside `path` and renames over it: an earlier report of that name is replaced, anything
/// that is no plain file is refused ("not_a_file"). Errors: system errors, with the path.
Status WriteOutput(Session& session, const std::string& path, std::string_view text);

}  // namespace tunewire
