// libFuzzer entry for snapshot files: no input may crash the reader, and what it takes is written
// and read back as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "report/snapshot_report.h"

namespace {

using namespace tunewire;

/// A file with the facts that the input names: behind the checksum, which no input hits by chance.
HostSnapshot Made(std::string_view bytes) {
  HostSnapshot snapshot;
  while (!bytes.empty()) {
    const std::size_t line = bytes.find('\n');
    const std::string_view row = bytes.substr(0, line);
    const std::size_t blank = row.find(' ');
    if (blank != std::string_view::npos)
      (row.size() % 2 == 0 ? snapshot.stable : snapshot.fleeting)
          .insert_or_assign(std::string(row.substr(0, blank)), std::string(row.substr(blank + 1)));
    bytes.remove_prefix(line == std::string_view::npos ? bytes.size() : line + 1);
  }
  return snapshot;
}

void CheckRoundTrip(const HostSnapshot& snapshot) {
  const auto again = ParseSnapshotFile(SnapshotFileText(snapshot), "again");
  if (!again || *again != snapshot) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto snapshot = ParseSnapshotFile(input, "fuzz")) CheckRoundTrip(*snapshot);
  const HostSnapshot made = Made(input);
  if (const auto read = ParseSnapshotFile(SnapshotFileText(made), "made")) CheckRoundTrip(*read);
  const HostSnapshot none;
  if (CompareSnapshots(made, none).size() != CompareSnapshots(none, made).size()) std::abort();
  if (!CompareSnapshots(made, made).empty()) std::abort();
  return 0;
}
