// Reading back what `tunewire http --json` wrote.
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "report/http_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::json;

Error NotOurs(const std::string& name, std::string message) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "invalid_document";
  error.subject = name;
  error.message = name + ": " + std::move(message);
  error.hint = "give two files written by tunewire http --json";
  return error;
}

const Json* Member(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? &*found : nullptr;
}

std::string TextOf(const Json& object, const char* name) {
  const Json* member = Member(object, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : "";
}

/// As MainRun chooses.
const Json* MainMode(const Json& modes) {
  const Json* found = nullptr;
  for (const Json& mode : modes) {
    const std::string change = TextOf(mode, "change");
    if (change == "as_asked") return &mode;
    if (TextOf(mode, "mode") == "keep_alive" && change == "none") found = &mode;
  }
  return found != nullptr || modes.empty() ? found : &modes.front();
}

/// A bucket's lower edge lies in that bucket again.
bool AddBuckets(const Json& buckets, Histogram& histogram) {
  for (const Json& bucket : buckets) {
    const Json* from = Member(bucket, "from_ns");
    const Json* count = Member(bucket, "count");
    if (from == nullptr || count == nullptr || !from->is_number_unsigned() ||
        !count->is_number_unsigned())
      return false;
    histogram.Record(static_cast<std::int64_t>(from->get<std::uint64_t>() & 0x7fffffffffffffffU),
                     count->get<std::uint64_t>());
  }
  return true;
}

}  // namespace

Result<HttpSaved> ReadSavedHttp(std::string_view json, const std::string& name) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) return Fail(NotOurs(name, "no JSON document"));
  if (TextOf(document, "schema") != "tunewire.http/1")
    return Fail(NotOurs(name, "not a result of tunewire http"));
  const Json* result = Member(document, "result");
  const Json* modes = result == nullptr ? nullptr : Member(*result, "modes");
  const Json* mode = modes == nullptr || !modes->is_array() ? nullptr : MainMode(*modes);
  const Json* buckets = mode == nullptr ? nullptr : Member(*mode, "histogram");
  HttpSaved saved{.name = name};
  if (result != nullptr) {
    saved.url = TextOf(*result, "url");
    saved.host_hash = TextOf(*result, "host_hash");
  }
  if (const Json* tool = Member(document, "tool")) saved.tool = TextOf(*tool, "version");
  if (buckets == nullptr || !buckets->is_array() || !AddBuckets(*buckets, saved.latency) ||
      saved.latency.count() == 0)
    return Fail(NotOurs(name, "no measured latencies in it"));
  if (const Json* rps = Member(*mode, "rps"); rps != nullptr && rps->is_number())
    saved.requests_per_second = rps->get<double>();
  return saved;
}

}  // namespace tunewire
