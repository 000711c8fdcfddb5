// tunewire confirm: keep what `apply --confirm` set.
#include <algorithm>

#include "cli/commands.h"
#include "report/tune_report.h"

namespace tunewire {

Answer Run(Session& session, const ConfirmArguments& arguments) {
  // The one who waits at the deadline may hold the lock for a moment.
  constexpr std::chrono::milliseconds kPatience(2000);
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  const Result<std::unique_ptr<HeldLock>> lock = session.LockWithin(kPatience);
  if (!lock) return session.Refuse(lock.error());
  const Result<Tx> tx = Confirm(**lock, *host, arguments.tx);
  if (!tx) {
    Answer refused = session.Refuse(tx.error());
    // Too late means that it was put back, now or before.
    if (tx.error().kind == ErrorKind::kConflict) refused.touched = HostTouched::kYes;
    return refused;
  }
  const ConfirmView view = Confirmed(*tx);
  Answer answer;
  answer.touched = HostTouched::kYes;
  answer.text =
      session.json() ? ConfirmJson(view) : ConfirmText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
