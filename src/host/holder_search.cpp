// Large processes are cut in parts, so that one of them alone keeps several threads busy.
#include "host/holder_search.h"

#include <algorithm>
#include <cerrno>

#include "base/format.h"
#include "host/proc_folder.h"

namespace tunewire {
namespace {

constexpr std::size_t kPart = HolderSearch::kPart;

/// What is behind the first `kPart` descriptors of a process that has `count`.
std::vector<DescriptorRange> PartsBehind(std::size_t count) {
  std::vector<DescriptorRange> ranges;
  for (std::size_t first = kPart; first < count; first += kPart) {
    DescriptorRange range{.first = static_cast<int>(first),
                          .expected = std::min(kPart, count - first)};
    if (first + kPart < count) range.end = static_cast<int>(first + kPart);
    ranges.push_back(range);
  }
  return ranges;
}

HeldSockets Merge(HeldSockets all, std::vector<HeldSocket> more) {
  if (all.held.empty()) {
    all.held = std::move(more);
    return all;
  }
  const auto middle = static_cast<std::ptrdiff_t>(all.held.size());
  all.held.insert(all.held.end(), more.begin(), more.end());
  std::inplace_merge(all.held.begin(), all.held.begin() + middle, all.held.end());
  return all;
}

}  // namespace

HolderSearch::HolderSearch(UniqueFd proc, std::vector<int> pids) : proc_(std::move(proc)) {
  for (const int pid : pids) parts_.push_back({.pid = pid, .range = {}, .whole = true});
}

bool HolderSearch::Next(From from, Part& part) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !parts_.empty() || at_work_ == 0; });
  if (parts_.empty()) return false;
  if (from == From::kFront) {
    part = parts_.front();
    parts_.pop_front();
  } else {
    part = parts_.back();
    parts_.pop_back();
  }
  ++at_work_;
  return true;
}

void HolderSearch::Done() {
  const std::scoped_lock lock(mutex_);
  --at_work_;
  if (at_work_ == 0) changed_.notify_all();
}

void HolderSearch::Add(From from, int pid, std::span<const DescriptorRange> ranges) {
  if (ranges.empty()) return;
  const std::scoped_lock lock(mutex_);
  // To the end it came from.
  for (const DescriptorRange& range : ranges) {
    const Part part{.pid = pid, .range = range};
    from == From::kFront ? parts_.push_front(part) : parts_.push_back(part);
  }
  changed_.notify_all();
}

void HolderSearch::Look(From from, const Part& part, Found& found) {
  UniqueFd folder = OpenFolderAt(proc_.get(), Format("{}/fd", part.pid).c_str());
  if (!folder.valid()) {
    if (part.whole && (errno == EACCES || errno == EPERM)) ++found.unreadable;
    return;
  }
  ProcessDescriptors process(std::move(folder), part.pid);
  DescriptorRange own = part.range;
  if (part.whole) {
    own.expected = process.Count();
    const std::vector<DescriptorRange> others = PartsBehind(own.expected);
    if (!others.empty()) own.end = static_cast<int>(kPart);
    Add(from, part.pid, others);
  }
  Add(from, part.pid, process.Append(own, kPart, found.held));
  if (part.whole && process.refused()) ++found.unreadable;
}

void HolderSearch::Work(From from) {
  Found found;
  Part part;
  while (Next(from, part)) {
    Look(from, part, found);
    Done();
  }
  std::sort(found.held.begin(), found.held.end());
  const std::scoped_lock lock(mutex_);
  found_.push_back(std::move(found));
}

HeldSockets HolderSearch::Take() {
  HeldSockets all;
  for (Found& found : found_) {
    all.unreadable += found.unreadable;
    all = Merge(std::move(all), std::move(found.held));
  }
  return all;
}

}  // namespace tunewire
