// One run of one command: what it may reach, opened when first asked for, and where its words go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "cli/machine.h"
#include "cli/profile_source.h"
#include "report/error_text.h"
#include "report/target.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

/// What a command ends with. `text` is a report, or with --json the `result` object.
struct Answer {
  ExitStatus status = ExitStatus::kDone;
  std::string text;
  std::vector<Error> errors;
  HostTouched touched = HostTouched::kNotConcerned;
};

class Session {
 public:
  Session(Machine& machine, const Invocation& invocation);

  [[nodiscard]] const Invocation& invocation() const { return invocation_; }
  [[nodiscard]] bool json() const { return invocation_.global.json; }
  /// For standard output.
  [[nodiscard]] const Style& style() const { return style_; }
  /// For standard error.
  [[nodiscard]] const Style& message_style() const { return message_style_; }
  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const std::string& state_dir() const { return state_dir_; }
  [[nodiscard]] bool offline() const { return !invocation_.global.root.empty(); }
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] Machine& machine() { return machine_; }
  [[nodiscard]] FolderProfiles& profiles();

  /// The tree of the namespace or folder that was asked for. Errors: of entering and opening.
  Result<SysctlTree*> Tree();
  Result<const HostInfo*> Info();
  /// The system as transactions see it; it refers to this session. `interrupted` never says yes.
  Result<TuneHost> Host();
  /// Errors: kBusy where another transaction runs; system errors.
  Result<std::unique_ptr<HeldLock>> Lock();
  /// The same, tried again for at most `patience`.
  Result<std::unique_ptr<HeldLock>> LockWithin(std::chrono::milliseconds patience);

  /// Prints to standard output at once, unless --json keeps it for the one document.
  void Say(std::string_view text);
  /// Prints to standard error, where people read along.
  void Note(std::string_view text);

  /// A refusal that left the host alone.
  [[nodiscard]] Answer Refuse(std::vector<Error> errors) const;
  [[nodiscard]] Answer Refuse(Error error) const;

 private:
  Status Enter();

  Machine& machine_;
  const Invocation& invocation_;
  Style style_, message_style_;
  std::string root_, state_dir_, lock_path_;
  Target target_;
  std::optional<Status> entered_;
  std::unique_ptr<SysctlTree> tree_;
  std::unique_ptr<ProcessTable> processes_;
  std::optional<HostInfo> info_;
  std::unique_ptr<FolderProfiles> profiles_;
};

/// "2026-11-20 14:02" in local time.
std::string LocalTime(std::int64_t unix_seconds);

}  // namespace tunewire
