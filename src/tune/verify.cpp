// Judging a plan: may it be applied, and does the host still keep to it.
#include <algorithm>

#include "base/format.h"
#include "tune/file_item.h"
#include "tune/requirement_text.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {
namespace {

std::string Names(const std::vector<const Change*>& changes) {
  std::vector<std::string> names;
  for (const Change* change : changes) names.push_back(change->key.name());
  const std::size_t shown = std::min<std::size_t>(names.size(), 5);
  const std::size_t rest = names.size() - shown;
  names.resize(shown);
  return Join(names, ", ") + (rest == 0 ? "" : Format(" and {} more", rest));
}

template <class Predicate>
std::vector<const Change*> Matching(const Plan& plan, Predicate wanted) {
  std::vector<const Change*> changes;
  for (const Change& change : plan.changes)
    if (wanted(change)) changes.push_back(&change);
  return changes;
}

std::optional<SourcePlace> PlaceOf(const Change& change) {
  if (!change.setting || change.setting->place.line == 0) return std::nullopt;
  return change.setting->place;
}

Error Refusal(const std::vector<const Change*>& changes, ErrorKind kind, std::string code,
              std::string what, std::string hint) {
  const Change& first = *changes.front();
  Error error{.kind = kind, .code = std::move(code), .subject = first.key.name()};
  error.message = changes.size() == 1
                      ? Format("{} {}: {}", first.key.name(), what, first.reason)
                      : Format("{} keys {}: {}", changes.size(), what, Names(changes));
  if (changes.size() == 1 && !first.hint.empty()) hint = Format("{}; or {}", first.hint, hint);
  error.hint = std::move(hint);
  error.where = PlaceOf(first);
  return error;
}

Error Invalid(const Change& change) {
  return {.kind = ErrorKind::kInvalid,
          .code = "invalid_value",
          .message = Format("{}: {}", change.key.name(), change.reason),
          .subject = change.key.name(),
          .hint = change.hint,
          .where = PlaceOf(change)};
}

Error InvalidLimit(const LimitChange& change) {
  return {.kind = ErrorKind::kInvalid,
          .code = "invalid_limit",
          .message = change.reason,
          .subject = change.setting.item,
          .hint = change.hint,
          .where = SourcePlace{.file = change.setting.origin.file,
                               .line = change.setting.origin.line,
                               .column = change.setting.origin.column}};
}

Error NotPermitted(const std::vector<const Change*>& changes) {
  return {.kind = ErrorKind::kNotPermitted,
          .code = "not_permitted",
          .message = changes.size() == 1
                         ? Format("this user may not write {}", changes.front()->key.name())
                         : Format("this user may not write {} of the keys: {}", changes.size(),
                                  Names(changes)),
          .operation = "write",
          .subject = changes.front()->key.name(),
          .hint = "run it as root; plan and verify need no rights"};
}

bool WasSkipped(const Change& change, const Tx* in_force) {
  if (change.optional_key()) return true;
  return in_force != nullptr && std::ranges::any_of(in_force->items, [&](const TxItem& item) {
           return item.role == TxItem::Role::kSkipped && item.name == change.key.name();
         });
}

std::string WhyDrifted(const Change& change, const Tx* in_force) {
  if (change.status != ChangeStatus::kSet) return change.reason;
  if (in_force == nullptr) return "not applied";
  return Format("changed since transaction {}", in_force->id);
}

}  // namespace

Status CheckApplicable(const Plan& plan, const ApplyOptions& options) {
  for (const Change& change : plan.changes)
    if (change.status == ChangeStatus::kInvalid) return Fail(Invalid(change));
  for (const LimitChange& change : plan.limit_changes)
    if (change.status == ChangeStatus::kInvalid) return Fail(InvalidLimit(change));
  const auto barred = Matching(plan, [](const Change& change) {
    return change.status == ChangeStatus::kSet && change.access == KeyState::Access::kNotPermitted;
  });
  if (!barred.empty()) return Fail(NotPermitted(barred));
  if (options.skip_missing) return {};
  const auto read_only = Matching(plan, [](const Change& change) {
    return change.status == ChangeStatus::kReadOnly && !change.optional_key();
  });
  if (!read_only.empty())
    return Fail(Refusal(read_only, ErrorKind::kUnsupported, "read_only", "cannot be set here",
                        "--skip-missing applies the rest"));
  const auto missing = Matching(plan, [](const Change& change) {
    return change.status == ChangeStatus::kMissing && !change.optional_key();
  });
  if (!missing.empty())
    return Fail(Refusal(missing, ErrorKind::kUnsupported, "missing_key",
                        missing.size() == 1 ? "is missing" : "are missing",
                        "--skip-missing applies the rest"));
  return {};
}

VerifyReport Verify(const Plan& plan, const Tx* in_force) {
  VerifyReport report{.profile = plan.profile, .tx = in_force};
  for (const Change& change : plan.changes) {
    if (change.released()) continue;
    if (change.status == ChangeStatus::kAlready) {
      ++report.ok;
    } else if (change.status != ChangeStatus::kSet && WasSkipped(change, in_force)) {
      ++report.skipped;
    } else {
      Drift drift{.key = change.key,
                  .want = RequirementText(change.want),
                  .is = Join(change.before, " "),
                  .reason = WhyDrifted(change, in_force)};
      if (change.setting) drift.origin = change.setting->origin;
      report.drift.push_back(std::move(drift));
    }
  }
  report.limits = plan.limit_changes;
  return report;
}

bool VerifyReport::Clean() const {
  const auto limit_drifts = [](const LimitChange& change) {
    return change.status == ChangeStatus::kSet || change.status == ChangeStatus::kInvalid;
  };
  const auto is_stale = [](const NotInEffect& finding) {
    return finding.kind == NotInEffect::Kind::kStale;
  };
  return drift.empty() && files.empty() && std::ranges::none_of(limits, limit_drifts) &&
         std::ranges::none_of(not_in_effect, is_stale) && !(boot && boot->HasLoss());
}

std::vector<FileDrift> CheckFiles(const Tx& tx, const Files& files) {
  std::vector<FileDrift> drift;
  for (const TxItem& item : tx.items) {
    if (item.kind != ItemKind::kFile || !item.stored_raw || !IsFileState(*item.stored_raw))
      continue;
    const auto now = ReadFileItem(files, item.name);
    if (!now)
      drift.push_back({.path = item.name, .reason = now.error().message});
    else if (!IsFileState(*now))
      drift.push_back({.path = item.name, .reason = Format("removed since transaction {}", tx.id)});
    else if (!SameFileState(*now, *item.stored_raw))
      drift.push_back({.path = item.name, .reason = Format("changed since transaction {}", tx.id)});
  }
  return drift;
}

}  // namespace tunewire
