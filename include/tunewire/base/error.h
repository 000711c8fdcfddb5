// What every operation below the command line answers with when it cannot do what was asked.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace tunewire {

/// Kinds differ only where a caller acts differently; the command line maps each to one exit
/// status.
enum class ErrorKind {
  kUsage,         ///< the call itself is wrong
  kInvalid,       ///< an input file or value is wrong
  kNotFound,      ///< the named thing does not exist
  kNotPermitted,  ///< EPERM, EACCES, EROFS
  kUnsupported,   ///< this kernel, namespace or file system cannot do it
  kBusy,          ///< another transaction holds the lock or awaits confirmation
  kConflict,      ///< somebody else changed the thing between look and act
  kIo,            ///< the system refused for another reason
  kInterrupted,   ///< a signal asked for the end
};

/// A place in a text that a person can open; line and column count from 1, column in bytes.
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;       ///< how many columns the caret covers
  std::string excerpt;  ///< the line itself, without its newline

  bool operator==(const SourcePlace&) const = default;
};

struct Error {
  ErrorKind kind = ErrorKind::kIo;
  std::string code;       ///< stable, snake_case, for programs: "invalid_value", "no_such_key"
  std::string message;    ///< one sentence without a full stop
  std::string operation;  ///< the refused operation: "open", "write", "rename"
  int os_error = 0;       ///< errno, 0 where the system was not asked
  std::string subject;    ///< the key, file or process concerned
  std::string hint;       ///< what to do, may be empty
  std::optional<SourcePlace> where;

  bool operator==(const Error&) const = default;
};

/// The one place that turns errno into a kind.
ErrorKind KindOfErrno(int os_error);

/// "Permission denied (EACCES)"; "errno 999" for a number without a name.
std::string DescribeErrno(int os_error);

/// An error of a refused system operation: `operation` on `subject` failed with `os_error`.
Error SystemError(std::string operation, std::string subject, int os_error);

}  // namespace tunewire
