// The `result` object of history.
#include <ctime>
#include <nlohmann/json.hpp>

#include "report/item_text.h"
#include "report/tune_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

void AddText(Json& object, const char* name, std::string_view text) {
  if (!text.empty()) object[name] = text;
}

std::string UtcTime(std::int64_t unix_seconds) {
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&when, &parts) != nullptr)
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string_view RoleSlug(TxItem::Role role) {
  switch (role) {
    case TxItem::Role::kWanted:
      return "wanted";
    case TxItem::Role::kHeld:
      return "held";
    case TxItem::Role::kReleased:
      return "released";
    case TxItem::Role::kSideEffect:
      return "side_effect";
    case TxItem::Role::kSkipped:
      return "skipped";
  }
  return "skipped";
}

Json TxItemJson(const TxItem& item) {
  Json json = {
      {"key", item.name}, {"kind", ItemKindName(item.kind)}, {"role", RoleSlug(item.role)}};
  // The bytes of a file are the journal's; here its length is enough.
  const auto shown = [&item](const std::string& raw) {
    return item.kind == ItemKind::kFile ? RawItemValue(item.kind, raw) : OneLine(raw);
  };
  json["before"] = shown(item.before_raw);
  AddText(json, "wanted", item.kind == ItemKind::kFile ? shown(item.wanted) : item.wanted);
  if (item.stored_raw) json["stored"] = shown(*item.stored_raw);
  return json;
}

Json TxJson(const TxRow& row) {
  const Tx& tx = *row.tx;
  Json json = {{"tx", tx.id},
               {"profile", tx.profile},
               {"state", TxStateName(tx.state)},
               {"time", UtcTime(tx.unix_seconds)},
               {"keys", row.keys},
               {"limits", row.limits},
               {"files", row.files},
               {"in_force", row.standing == TxRow::Standing::kInForce}};
  AddText(json, "boot_id", tx.boot_id);
  if (tx.netns_inode != 0) json["netns"] = tx.netns_inode;
  AddText(json, "note", tx.note);
  return json;
}

}  // namespace

std::string HistoryJson(const HistoryView& view) {
  Json json = {{"transactions", Json::array()}};
  for (const TxRow& row : view.rows) {
    json["transactions"].push_back(TxJson(row));
    if (view.details == HistoryView::Details::kNo) continue;
    Json& items = json["transactions"].back()["items"] = Json::array();
    for (const TxItem& item : row.tx->items) items.push_back(TxItemJson(item));
  }
  json["damaged"] = Json::array();
  for (const Error& error : view.damaged) {
    json["damaged"].push_back({{"file", error.subject}, {"message", error.message}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
