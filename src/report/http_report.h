// What `tunewire http` found, as text, JSON, CSV and HTML. Plain data in, text out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/http/verdict.h"

namespace tunewire {

/// The server's process tree, once a second.
struct ServerSample {
  std::int64_t at_ms = 0;  ///< after the start
  double cpu_percent = 0;  ///< of one CPU, over the second before
  std::uint64_t rss_bytes = 0;
  std::uint32_t processes = 0;
  double requests_per_second = 0;  ///< ours, over the second before
};

struct HttpView {
  std::string url;
  std::string address;  ///< the one that was asked: "127.0.0.1:8080"
  HttpRequest request;
  HttpResult result;
  std::vector<std::string> forecast;  ///< what will, or did, run short
  std::vector<ServerSample> server;
  int cpus = 1;           ///< that the client may use
  std::string host_hash;  ///< of the client's host (check/snapshot.h); empty: not asked for
  enum class Refused { kNo, kYes };
  Refused refused = Refused::kNo;
};

/// The run that the percentiles, the histogram and the phases are about: the load as asked, or
/// keep-alive. None where nothing ran.
const HttpRun* MainRun(const HttpResult& result);

/// Of one CPU, over all runs.
double ClientCpuPercent(const HttpResult& result);

std::string HttpText(const HttpView& view, const Target& target, const Style& style);
/// The `result` object.
std::string HttpJson(const HttpView& view);
/// One self-contained page.
std::string HttpHtml(const HttpView& view);

/// The cumulative distribution by percentile of every mode: "mode,change,percentile,latency_us".
std::string HttpPercentilesCsv(const HttpResult& result);
/// Every kept request.
std::string HttpSamplesCsv(const HttpResult& result);

/// Two results of --json, read back.
struct HttpSaved {
  std::string name;  ///< the file
  std::string url;
  std::string host_hash, tool;  ///< empty where the file has none: tunewire's version
  double requests_per_second = 0;
  Histogram latency;  ///< of the run that MainRun names
};

/// Reads a document of `tunewire http --json`. Errors: kInvalid "invalid_document" with its place.
Result<HttpSaved> ReadSavedHttp(std::string_view json, const std::string& name);

std::string HttpCompareText(const HttpSaved& before, const HttpSaved& after, const Style& style);
std::string HttpCompareJson(const HttpSaved& before, const HttpSaved& after);
std::string HttpCompareHtml(const HttpSaved& before, const HttpSaved& after);

}  // namespace tunewire
