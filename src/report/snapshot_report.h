// A host's fingerprint as a file, and what differs between two, as text and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// RFC 3339 in UTC: "2026-11-20T14:02:00Z".
std::string TakenText(std::int64_t unix_seconds);

inline constexpr std::size_t kMaxSnapshotBytes = std::size_t{32} << 20;

/// The file of `snapshot -o`: strict JSON, format 1, keys in order, one a line. Its `hash` is that
/// of the version that wrote it; the checksum covers all that the file says.
std::string SnapshotFileText(const HostSnapshot& snapshot);
/// Errors: kInvalid with FILE:LINE:COLUMN for what is not such a file ("invalid_snapshot",
/// "unknown_field", those of strict JSON), is of another format ("newer_format") or was changed
/// ("edited").
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
