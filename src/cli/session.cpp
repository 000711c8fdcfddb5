#include "cli/session.h"

#include <array>
#include <ctime>
#include <filesystem>

#include "base/format.h"
#include "cli/empty_result.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kStateDir = "/var/lib/tunewire";
constexpr std::string_view kLock = "/run/tunewire/lock";

/// Independent of the working directory, so that a journal's guard finds the same place.
std::string Absolute(const std::string& path) {
  std::error_code error;
  std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error || absolute.empty()) return path;
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

Style StyleFor(const Machine& machine, const GlobalArguments& global, bool terminal) {
  const Environment& environment = machine.environment;
  const TerminalFacts facts = machine.terminal.Facts();
  return ChooseStyle(
      {environment.lc_all, environment.lc_ctype, environment.lang, environment.columns,
       environment.no_color, environment.term, terminal, facts.columns},
      global.color, global.detail);
}

Target TargetFor(const GlobalArguments& global) {
  Target target;
  if (!global.netns.empty()) {
    target.words = "namespace " + global.netns;
    target.flags += " --netns " + Printable(ShellWord(global.netns));
  }
  if (!global.root.empty()) {
    target.words = "tree " + global.root;
    target.flags += " --root " + Printable(ShellWord(global.root));
  }
  if (!global.state_dir.empty())
    target.flags += " --state-dir " + Printable(ShellWord(global.state_dir));
  return target;
}

}  // namespace

Session::Session(Machine& machine, const Invocation& invocation)
    : machine_(machine), invocation_(invocation), target_(TargetFor(invocation.global)) {
  const GlobalArguments& global = invocation.global;
  const TerminalFacts facts = machine.terminal.Facts();
  style_ = StyleFor(machine, global, facts.output);
  message_style_ = StyleFor(machine, global, facts.messages);
  root_ = global.root.empty() ? "/" : Absolute(global.root);
  state_dir_ = !global.state_dir.empty() ? Absolute(global.state_dir)
               : offline()               ? root_ + std::string(kStateDir)
                                         : std::string(kStateDir);
  // One state, one lock, however it was named.
  lock_path_ = state_dir_ == kStateDir ? std::string(kLock) : state_dir_ + "/lock";
}

FolderProfiles& Session::profiles() {
  if (!profiles_) {
    profiles_ = std::make_unique<FolderProfiles>(machine_.files, machine_.terminal,
                                                 machine_.program(), offline() ? root_ : "");
  }
  return *profiles_;
}

Status Session::Enter() {
  if (!entered_) {
    const std::string& netns = invocation_.global.netns;
    entered_ = netns.empty() ? Status() : machine_.enter_namespace(netns);
  }
  return *entered_;
}

Result<SysctlTree*> Session::Tree() {
  if (const Status entered = Enter(); !entered) return Fail(entered.error());
  if (!tree_) {
    Result<std::unique_ptr<SysctlTree>> opened =
        machine_.open_tree(offline() ? root_ + "/proc/sys" : std::string("/proc/sys"));
    if (!opened) return Fail(opened.error());
    tree_ = std::move(*opened);
  }
  return tree_.get();
}

Result<const HostInfo*> Session::Info() {
  if (const Status entered = Enter(); !entered) return Fail(entered.error());
  if (!info_) {
    Result<HostInfo> info = machine_.host_info(root_);
    if (!info) return Fail(info.error());
    info_ = std::move(*info);
  }
  return &*info_;
}

Result<TuneHost> Session::Host() {
  const Result<SysctlTree*> tree = Tree();
  if (!tree) return Fail(tree.error());
  const Result<const HostInfo*> info = Info();
  if (!info) return Fail(info.error());
  if (!processes_) processes_ = offline() ? NoProcesses() : machine_.processes();
  TuneHost host{.sysctl = **tree,
                .files = machine_.files,
                .clock = machine_.clock,
                .processes = *processes_,
                .info = **info,
                .state_dir = state_dir_,
                .interrupted = [] { return false; },
                .reload_units = {}};
  if (!offline()) host.reload_units = machine_.reload_units;
  return host;
}

Result<std::unique_ptr<HeldLock>> Session::Lock() {
  Result<std::unique_ptr<HeldLock>> lock = machine_.lock_at(lock_path_)->TryLock();
  if (!lock && lock.error().kind == ErrorKind::kNotPermitted && lock.error().hint.empty())
    lock.error().hint = "run it as root; plan, show, verify and history need no rights";
  return lock;
}

Result<std::unique_ptr<HeldLock>> Session::LockWithin(std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kShort(20);
  const std::chrono::nanoseconds end = machine_.clock.SinceBoot() + patience;
  while (true) {
    Result<std::unique_ptr<HeldLock>> lock = Lock();
    const bool busy = !lock && lock.error().kind == ErrorKind::kBusy;
    if (!busy || machine_.clock.SinceBoot() >= end) return lock;
    machine_.terminal.Pause(kShort);
  }
}

void Session::Say(std::string_view text) {
  if (!json()) (void)machine_.terminal.Write(Stream::kOutput, text);
}

void Session::Note(std::string_view text) {
  if (!json()) (void)machine_.terminal.Write(Stream::kMessages, text);
}

Answer Session::Refuse(std::vector<Error> errors) const {
  Answer answer;
  answer.status = errors.empty() ? ExitStatus::kUsage : StatusOf(errors.front().kind);
  answer.errors = std::move(errors);
  answer.touched = HostTouched::kNo;
  if (json()) answer.text = EmptyResult(invocation_);
  return answer;
}

Answer Session::Refuse(Error error) const { return Refuse(std::vector<Error>{std::move(error)}); }

std::string LocalTime(std::int64_t unix_seconds) {
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  std::array<char, 32> text{};
  if (localtime_r(&when, &parts) == nullptr) return "";
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return text.data();
}

}  // namespace tunewire
