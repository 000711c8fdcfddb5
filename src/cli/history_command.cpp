// tunewire history: what was applied, and what became of it.
#include "cli/commands.h"
#include "cli/planning.h"
#include "report/tune_report.h"

namespace tunewire {
namespace {

bool IsHere(const Tx& tx, const HostInfo& info) {
  return tx.boot_id == info.boot_id && tx.netns_inode == info.netns_inode;
}

TxRow::Standing StandingOf(const Tx& tx, const History& history, const HostInfo& info) {
  const bool unfinished = tx.state == TxState::kPrepared || tx.state == TxState::kUndoing;
  if (unfinished && IsHere(tx, info)) return TxRow::Standing::kUnfinished;
  if (&tx == history.InForceHere(info)) {
    return tx.state == TxState::kPending ? TxRow::Standing::kWaiting : TxRow::Standing::kInForce;
  }
  return IsHere(tx, info) ? TxRow::Standing::kPast : TxRow::Standing::kElsewhere;
}

TxRow RowOf(const Tx& tx, const History& history, const HostInfo& info) {
  TxRow row;
  row.tx = &tx;
  row.time = LocalTime(tx.unix_seconds);
  for (const TxItem& item : tx.items) {
    if (item.role != TxItem::Role::kWanted && item.role != TxItem::Role::kReleased) continue;
    ++(item.kind == ItemKind::kFile    ? row.files
       : item.kind == ItemKind::kLimit ? row.limits
                                       : row.keys);
  }
  row.standing = StandingOf(tx, history, info);
  return row;
}

}  // namespace

Answer Run(Session& session, const HistoryArguments& arguments) {
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  const Result<History> history = ReadHistory(*host);
  if (!history) return session.Refuse(history.error());
  HistoryView view;
  view.damaged = history->damaged;
  if (arguments.tx.empty()) {
    for (const Tx& tx : history->transactions) view.rows.push_back(RowOf(tx, *history, host->info));
  } else {
    const Result<const Tx*> tx = history->Find(arguments.tx);
    if (!tx) return session.Refuse(tx.error());
    view.rows.push_back(RowOf(**tx, *history, host->info));
    view.details = HistoryView::Details::kYes;
  }
  Answer answer;
  answer.text =
      session.json() ? HistoryJson(view) : HistoryText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
