// Whether limits.conf and limits.d reach the logins of a host: only where pam_limits.so is in the
// session stack. Read, never edited.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tunewire/base/error.h"
#include "tunewire/host/files.h"

namespace tunewire {

struct PamPlace {
  std::string file;  ///< as it was opened: below the root
  int line = 0;

  bool operator==(const PamPlace&) const = default;
};

/// A file of pam.d to look at.
struct PamSubject {
  enum class Kind {
    kService,   ///< a program opens it by name; without session lines "other" stands in for it
    kIncluded,  ///< services include it
  };
  std::string name;
  Kind kind = Kind::kService;
};

enum class PamState {
  kApplied,    ///< pam_limits.so is in the session stack
  kSkippable,  ///< it is, but a line above may end the stack or jump over it
  kElsewhere,  ///< it is, with conf=FILE: it reads that one, and nothing of limits.d
  kMissing,
  kAbsent,      ///< there is no such file: the program is not installed
  kUnreadable,  ///< not found in what could be read, and not all could
};

struct PamFinding {
  PamSubject subject;
  PamState state = PamState::kMissing;
  PamPlace place;      ///< of pam_limits.so, where it is in the stack
  PamPlace skipper;    ///< kSkippable: the line above
  std::string conf;    ///< kElsewhere: FILE
  std::string add_to;  ///< kMissing: the file to add the line to
  std::string add_line;
  std::string copy_from;  ///< kMissing: the vendor's file that `add_to` has to begin as a copy of
  std::vector<Error> problems;  ///< includes that are not there or cannot be read, with their place
};

/// login, sshd, su, cron, crond, common-session, common-session-noninteractive.
std::span<const PamSubject> PamSubjects();

/// Resolves each one's session stack as libpam does: `@include`, `include`, `substack`, comments,
/// continued lines, "-session", bracketed controls; 16 levels deep. Files are looked for in
/// /etc/pam.d, then /usr/lib/pam.d and /usr/etc/pam.d below `root` ("/" for the running system).
std::vector<PamFinding> CheckPam(const Files& files, const std::string& root,
                                 std::span<const PamSubject> subjects);

}  // namespace tunewire
