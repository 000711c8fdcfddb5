// A host's fingerprint as a file, and what differs between two, as text and JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/base/result.h"
#include "tunewire/check/snapshot.h"

namespace tunewire {

struct SnapshotView {
  enum class Refused { kNo, kYes };

  Refused refused = Refused::kNo;
  HostSnapshot snapshot;
  std::string out;  ///< the file that was written, empty: none
};

std::string SnapshotText(const SnapshotView& view, const Target& target, const Style& style);
std::string SnapshotJson(const SnapshotView& view);

/// The file of `snapshot -o`: strict JSON, format 1, keys in order, one a line.
std::string SnapshotFileText(const HostSnapshot& snapshot);
/// Errors: kInvalid with FILE:LINE:COLUMN for what is not such a file, or whose hash is wrong.
Result<HostSnapshot> ParseSnapshotFile(std::string_view text, const std::string& file);

struct DiffView {
  enum class Refused { kNo, kYes };

  Refused refused = Refused::kNo;
  std::string before_name, after_name;  ///< files, or "this host"
  HostSnapshot before, after;
  std::vector<SnapshotDifference> differences;
};

std::string DiffText(const DiffView& view, const Style& style);
std::string DiffJson(const DiffView& view);

}  // namespace tunewire
