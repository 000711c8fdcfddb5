// Faults as decorators: one counter over the tree and the files, so that "the n-th host operation"
// sweeps everything a transaction does.
//
//   HostOperations operations;
//   FaultyTree tree(fake_tree, operations);
//   FaultyFiles files(fake_files, operations);
//   Run(tree, files);                                  // once without faults: operations.log()
//   for (n = 1; n <= log.size(); ++n)
//     for (errno of PlausibleErrors(log[n - 1].name)) { fresh fakes; operations.Arm(n, {...});
//     Run(); }
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/files.h"
#include "tunewire/host/sysctl_tree.h"

namespace tunewire {

/// Thrown where the process is meant to die. Nothing in the product may catch it.
struct HostCrash {};

struct Fault {
  enum class Then { kFail, kCrash };
  /// How much of the operation is done first. kHalf: the first half of the fields or bytes; an
  /// operation that has no half is done not at all.
  enum class Done { kNothing, kHalf, kAll };
  enum class Reach { kOnce, kFromThenOn };

  Then then = Then::kFail;
  Done done = Done::kNothing;
  int os_error = 0;  ///< of kFail
  Reach reach = Reach::kOnce;
};

class HostOperations {
 public:
  struct Operation {
    std::string name;     ///< "read", "write", "create", ... as in Error::operation
    std::string subject;  ///< key or path
  };

  /// The n-th operation from now on, counted from 1, meets this fault. Several may be armed.
  void Arm(int n, Fault fault);
  void Disarm() { faults_.clear(); }
  /// Counted from 1 again, the log emptied, nothing armed.
  void Restart();

  [[nodiscard]] const std::vector<Operation>& log() const { return log_; }
  [[nodiscard]] int count() const { return static_cast<int>(log_.size()); }

  /// The fault that this operation meets, nullptr where none. For decorators.
  const Fault* Next(std::string_view name, const std::string& subject);

 private:
  std::map<int, Fault> faults_;
  std::vector<Operation> log_;
};

/// The errnos that a real system may answer this operation with.
std::vector<int> PlausibleErrors(std::string_view operation);

class FaultyTree : public SysctlTree {
 public:
  FaultyTree(SysctlTree& inner, HostOperations& operations)
      : inner_(inner), operations_(operations) {}

  Result<std::string> Read(const SysctlKey& key) const override;
  Status Write(const SysctlKey& key, std::string_view text) override;
  /// Not counted: it cannot fail.
  KeyState State(const SysctlKey& key) const override { return inner_.State(key); }
  Result<std::vector<SysctlKey>> List(std::string_view folder) const override;
  Result<std::vector<std::string>> Names(std::string_view folder) const override;

 private:
  SysctlTree& inner_;
  HostOperations& operations_;
};

class FaultyFiles : public Files {
 public:
  FaultyFiles(Files& inner, HostOperations& operations) : inner_(inner), operations_(operations) {}

  Result<FileContent> Read(const std::string& path, std::size_t limit) const override;
  Result<std::vector<std::string>> List(const std::string& folder) const override;
  Status MakeFolders(const std::string& folder, std::uint32_t mode) override;
  Status Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                std::size_t reserve) override;
  Status WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) override;
  Status Sync(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status SyncFolder(const std::string& folder) override;
  Status Remove(const std::string& path) override;
  Status RemoveFolder(const std::string& folder) override;
  Status SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t gid) override;

 private:
  Files& inner_;
  HostOperations& operations_;
};

}  // namespace tunewire
