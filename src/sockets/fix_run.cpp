#include "sockets/fix_run.h"

#include <algorithm>

#include "base/format.h"

namespace tunewire {
namespace {

bool Changes(const FixTarget& target) { return target.before != target.wanted; }

Error Stopped() {
  return {.kind = ErrorKind::kInterrupted,
          .code = "interrupted",
          .message = "a signal asked for the end"};
}

}  // namespace

bool StopWanted(FixHost& host) { return host.pause(std::chrono::nanoseconds(0)); }

Result<std::vector<FixTarget>> FixRun::Refresh(std::span<const FixTarget> targets) {
  std::vector<FixTarget> fresh;
  for (const FixTarget& target : targets) {
    const Result<std::unique_ptr<ForeignSocket>> socket =
        BorrowSame(host_, target.process.id, target.held, target.socket.cookie);
    if (!socket && socket.error().kind == ErrorKind::kNotFound) continue;
    if (!socket) return Fail(socket.error());
    const Result<std::uint32_t> now = (*socket)->Get(target.which);
    if (!now) return Fail(now.error());
    const bool pushes = !Changes(target);
    if (*now == target.wanted && !pushes && target.lasting == Lasting::kStays) continue;
    fresh.push_back(target);
    fresh.back().before = *now;
  }
  return fresh;
}

Status FixRun::SetAll(std::vector<FixTarget> targets) {
  std::vector<FixRecord::Entry> entries;
  for (const FixTarget& target : targets) {
    if (Changes(target)) entries.push_back(EntryOf(target));
    fixed_.push_back({.target = target});
  }
  if (!entries.empty()) {
    Result<FixRecord> record = store_.NewRecord(kind_, std::move(entries));
    if (!record) return Fail(record.error());
    record_ = std::move(*record);
    if (Status written = store_.Write(*record_); !written) {
      // Nothing was set: what may be there already must not look like a fix.
      (void)store_.Remove(*record_);
      record_.reset();
      return written;
    }
  }
  for (FixedSocket& one : fixed_) {
    if (StopWanted(host_)) cause_ = Stopped();
    if (cause_ || !SetOne(one)) return {};
  }
  if (const Status kept = KeepStored(); !kept) cause_ = kept.error();
  return {};
}

/// False where it ends the whole.
bool FixRun::SetOne(FixedSocket& one) {
  const Result<std::uint32_t> value = SetTarget(host_, one.target);
  if (value) {
    one.after = *value;
    return true;
  }
  one.error = value.error();
  if (one.error->kind == ErrorKind::kNotFound) {
    Forget(EntryOf(one.target));
    return true;
  }
  cause_ = one.error;
  return false;
}

/// Taking back compares with what was really stored, which the kernel may have rounded.
Status FixRun::KeepStored() {
  bool differs = false;
  for (FixedSocket& one : fixed_) {
    if (!one.after || !record_ || one.target.which != SocketSwitch::kDelackMax) continue;
    const FixRecord::Entry entry = EntryOf(one.target);
    const auto saved = std::ranges::find(record_->entries, entry);
    if (saved == record_->entries.end() || saved->wanted == *one.after) continue;
    saved->wanted = one.target.wanted = *one.after;
    differs = true;
  }
  return differs ? store_.Write(*record_) : Status();
}

void FixRun::SetAgain() {
  for (const FixedSocket& one : fixed_)
    if (one.after && one.target.lasting == Lasting::kFades) tunewire::SetAgain(host_, one.target);
}

bool FixRun::Fades() const {
  return std::ranges::any_of(fixed_, [](const FixedSocket& one) {
    return one.after && one.target.lasting == Lasting::kFades;
  });
}

void FixRun::Forget(const FixRecord::Entry& entry) {
  if (record_) std::erase(record_->entries, entry);
}

void FixRun::PutBackThose(const std::function<bool(const FixedSocket&)>& which) {
  PuttingBack putting(host_);
  for (auto at = fixed_.rbegin(); at != fixed_.rend(); ++at) {
    const FixedSocket& one = *at;
    // A set that failed may have changed it all the same.
    const bool touched = one.after || one.error;
    if (!touched || !Changes(one.target) || !which(one)) continue;
    const FixRecord::Entry entry = EntryOf(one.target);
    put_back_.push_back(putting.Do(entry));
    const PutBack::Outcome outcome = put_back_.back().outcome;
    if (outcome != PutBack::Outcome::kFailed && outcome != PutBack::Outcome::kForeign)
      Forget(entry);
  }
}

void FixRun::PutAllBack() {
  PutBackThose([](const FixedSocket&) { return true; });
  if (!record_) return;
  if (AllBack()) record_->entries.clear();
  const Status kept = record_->entries.empty() ? store_.Remove(*record_) : store_.Write(*record_);
  if (!kept && !cause_) cause_ = kept.error();
  if (kept && record_->entries.empty()) record_.reset();
}

void FixRun::PutFadingBack() {
  PutBackThose([](const FixedSocket& one) { return one.target.lasting == Lasting::kFades; });
  if (!record_) return;
  const Status kept = record_->entries.empty() ? store_.Remove(*record_) : store_.Write(*record_);
  if (!kept && !cause_) cause_ = kept.error();
  if (kept && record_->entries.empty()) record_.reset();
}

bool FixRun::AllBack() const {
  return std::ranges::none_of(put_back_, [](const PutBack& one) {
    return one.outcome == PutBack::Outcome::kFailed || one.outcome == PutBack::Outcome::kForeign;
  });
}

std::string FixRun::RecordPath() const { return record_ ? store_.PathOf(*record_) : std::string(); }

}  // namespace tunewire
