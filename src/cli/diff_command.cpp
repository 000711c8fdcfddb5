// tunewire diff: what differs between two hosts or two days, and whether a measurement can tell.
#include <algorithm>

#include "cli/commands.h"
#include "cli/host_snapshot.h"
#include "report/snapshot_report.h"

namespace tunewire {
namespace {

struct DiffSide {
  std::string name;
  HostSnapshot snapshot;
};

Result<DiffSide> ReadSide(Session& session, const std::string& reference) {
  if (reference.empty()) {
    Result<HostSnapshot> now = SnapshotNow(session);
    if (!now) return Fail(now.error());
    return DiffSide{session.target().words, *std::move(now)};
  }
  DiffSide side{reference == "-" ? "<stdin>" : reference, {}};
  std::string text;
  if (reference == "-") {
    Result<std::string> input = session.machine().terminal.ReadInput(kMaxSnapshotBytes);
    if (!input) return Fail(input.error());
    text = *std::move(input);
  } else {
    Result<FileContent> content = session.machine().files.Read(reference, kMaxSnapshotBytes);
    if (!content) return Fail(content.error());
    text = std::move(content->bytes);
  }
  Result<HostSnapshot> snapshot = ParseSnapshotFile(text, side.name);
  if (!snapshot) return Fail(snapshot.error());
  side.snapshot = *std::move(snapshot);
  return side;
}

}  // namespace

Answer Run(Session& session, const DiffArguments& arguments) {
  Result<DiffSide> before = ReadSide(session, arguments.before);
  if (!before) return session.Refuse(before.error());
  Result<DiffSide> after = ReadSide(session, arguments.after);
  if (!after) return session.Refuse(after.error());
  DiffView view{.before_name = std::move(before->name),
                .after_name = std::move(after->name),
                .before = std::move(before->snapshot),
                .after = std::move(after->snapshot),
                .differences = {}};
  view.differences = CompareSnapshots(view.before, view.after);
  Answer answer;
  const bool bears = std::ranges::any_of(view.differences, [](const SnapshotDifference& one) {
    return one.bearing == Bearing::kMeasurement;
  });
  answer.status = bears ? ExitStatus::kFinding : ExitStatus::kDone;
  answer.text = session.json() ? DiffJson(view) : DiffText(view, session.style());
  return answer;
}

}  // namespace tunewire
