// Getting at one socket of another process, and making sure that it is the one that is meant.
#pragma once

#include <map>

#include "tunewire/sockets/fix.h"

namespace tunewire {

/// The socket, if it is still the same: process, inode and cookie. Errors: of Borrow; kNotFound
/// "no_such_socket" where another one is there.
Result<std::unique_ptr<ForeignSocket>> BorrowSame(FixHost& host, const ProcessId& process,
                                                  const HeldSocket& held, std::uint64_t cookie);

/// Whether a value that was read back is what a fix leaves behind.
bool AsWanted(const FixTarget& target, std::uint32_t value);

/// Sets the target's option and reads it back. Errors: of BorrowSame and of setsockopt(2);
/// kConflict "not_stored" where it reads back otherwise.
Result<std::uint32_t> SetTarget(FixHost& host, const FixTarget& target);

/// Sets again what fades; a socket that has gone is passed over.
void SetAgain(FixHost& host, const FixTarget& target);

/// Puts old values back, also where the descriptor has another number or another process holds the
/// socket now.
class PuttingBack {
 public:
  explicit PuttingBack(FixHost& host) : host_(host) {}

  PutBack Do(const FixRecord::Entry& entry);

 private:
  Result<std::unique_ptr<ForeignSocket>> Find(const FixRecord::Entry& entry);
  void LookForHolders();

  FixHost& host_;
  bool looked_ = false;
  std::map<int, ProcessId> processes_;
  std::vector<HeldSocket> held_;
};

FixRecord::Entry EntryOf(const FixTarget& target);

}  // namespace tunewire
