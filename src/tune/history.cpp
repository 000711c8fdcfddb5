#include <algorithm>

#include "base/format.h"
#include "tune/journal.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {
namespace {

bool LeftFiles(const Tx& tx) {
  return std::ranges::any_of(
      tx.items, [](const TxItem& item) { return item.kind == ItemKind::kFile && item.begun; });
}

// Live values belong to one boot and one namespace. Files outlast the boot, and then nobody can
// tell the namespaces of before apart.
bool ConcernsHere(const Tx& tx, const HostInfo& info) {
  if (tx.boot_id != info.boot_id) return LeftFiles(tx);
  return tx.netns_inode == info.netns_inode;
}

bool IsInForce(const Tx& tx) {
  return tx.state == TxState::kCommitted || tx.state == TxState::kPending;
}

bool IsUnfinished(const Tx& tx) {
  return tx.state == TxState::kPrepared || tx.state == TxState::kUndoing;
}

template <class Predicate>
const Tx* Last(const std::vector<Tx>& transactions, Predicate wanted) {
  for (auto tx = transactions.rbegin(); tx != transactions.rend(); ++tx)
    if (wanted(*tx)) return &*tx;
  return nullptr;
}

}  // namespace

const Tx* History::InForceHere(const HostInfo& info) const {
  return Last(transactions, [&](const Tx& tx) { return IsInForce(tx) && ConcernsHere(tx, info); });
}

const Tx* History::Unfinished(const HostInfo& info) const {
  return Last(transactions,
              [&](const Tx& tx) { return IsUnfinished(tx) && ConcernsHere(tx, info); });
}

Result<const Tx*> History::Find(std::string_view id) const {
  const Tx* found = nullptr;
  for (const Tx& tx : transactions) {
    if (id.empty() || !tx.id.starts_with(id)) continue;
    if (found != nullptr)
      return Fail({.kind = ErrorKind::kUsage,
                   .code = "ambiguous_transaction",
                   .message = Format("'{}' begins more than one transaction", Printable(id)),
                   .subject = std::string(id),
                   .hint = Format("{} or {}?", found->id, tx.id)});
    found = &tx;
  }
  if (found != nullptr) return found;
  return Fail({.kind = ErrorKind::kUsage,
               .code = "no_such_transaction",
               .message = Format("no transaction '{}'", Printable(id)),
               .subject = std::string(id),
               .hint = "tunewire history lists them"});
}

Result<History> ReadHistory(const TuneHost& host) {
  const std::string folder = JournalFolder(host.state_dir);
  const auto names = host.files.List(folder);
  if (!names) return Fail(names.error());
  History history;
  for (const std::string& name : *names) {
    if (!name.ends_with(".journal")) continue;
    const std::string path = Format("{}/{}", folder, name);
    const auto content = host.files.Read(path, kMaxJournalBytes);
    auto journal =
        content ? DecodeJournal(path, content->bytes) : Result<JournalText>(Fail(content.error()));
    if (journal && JournalPath(host.state_dir, journal->tx.id) == path)
      history.transactions.push_back(std::move(journal->tx));
    else if (journal)
      history.damaged.push_back({.kind = ErrorKind::kInvalid,
                                 .code = "damaged_journal",
                                 .message = "the journal's name is not its transaction's",
                                 .subject = path});
    else
      history.damaged.push_back(journal.error());
  }
  std::ranges::sort(history.transactions, {}, &Tx::sequence);
  return history;
}

InForce DescribeInForce(const Tx* tx) {
  InForce in_force;
  if (tx == nullptr) return in_force;
  in_force.tx = tx->id;
  in_force.profile = tx->profile;
  for (const TxItem& item : tx->items) {
    // Given back: from there on it is as it was before any profile.
    if (item.role == TxItem::Role::kSkipped || item.role == TxItem::Role::kReleased) continue;
    if (item.kind != ItemKind::kSysctl) {
      auto& held = item.kind == ItemKind::kFile ? in_force.files : in_force.limits;
      held[item.name] = {.original_raw = item.original_raw,
                         .stored_raw = item.stored_raw.value_or(item.before_raw)};
      continue;
    }
    if (item.role == TxItem::Role::kSideEffect && !item.stored_raw &&
        item.original_raw == item.before_raw)
      continue;
    const auto key = SysctlKey::Parse(item.name);
    if (!key) continue;
    in_force.keys[*key] = {.original_raw = item.original_raw,
                           .stored_raw = item.stored_raw.value_or(item.before_raw),
                           .side_effect = item.role == TxItem::Role::kSideEffect};
  }
  return in_force;
}

ComposedProfile ProfileOf(const Tx& tx) {
  ComposedProfile profile{.name = tx.profile, .references = tx.references, .limits = tx.limits};
  for (const TxItem& item : tx.items) {
    if (item.kind != ItemKind::kSysctl || item.requirement.empty()) continue;
    const auto key = KeyPattern::Parse(item.name);
    auto want = Requirement::Parse(item.requirement);
    if (!key || !want) continue;
    Setting setting{.key = *key,
                    .want = *std::move(want),
                    .optional = item.role == TxItem::Role::kSkipped,
                    .profile = tx.profile};
    const std::size_t colon = item.origin.rfind(':');
    if (colon != std::string::npos) {
      setting.origin.file = item.origin.substr(0, colon);
      setting.origin.line =
          static_cast<int>(ParseDecimal(item.origin.substr(colon + 1)).value_or(0));
    }
    profile.settings.push_back(std::move(setting));
  }
  return profile;
}

}  // namespace tunewire
