// tunewire snapshot: this host's fingerprint, to compare it with another host's or another day's.
#include "cli/commands.h"
#include "cli/host_snapshot.h"
#include "cli/output_file.h"
#include "report/snapshot_report.h"

namespace tunewire {

Answer Run(Session& session, const SnapshotArguments& arguments) {
  Result<HostSnapshot> snapshot = SnapshotNow(session);
  if (!snapshot) return session.Refuse(snapshot.error());
  const SnapshotView view{.snapshot = *std::move(snapshot), .out = arguments.out};
  if (!view.out.empty()) {
    const Status written = WriteNewFile(session, view.out, SnapshotFileText(view.snapshot),
                                        "a snapshot writes new files only");
    if (!written) return session.Refuse(written.error());
  }
  Answer answer;
  answer.text = session.json()     ? SnapshotJson(view)
                : view.out.empty() ? SnapshotFileText(view.snapshot)
                                   : SnapshotText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
