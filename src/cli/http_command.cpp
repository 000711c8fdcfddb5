// tunewire http: asks a real server, and says whose stall it is.
#include <algorithm>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/host_snapshot.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/server_watch.h"
#include "http/forecast.h"
#include "report/http_report.h"
#include "report/latency_text.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostBody = std::size_t{64} << 20;
constexpr std::size_t kMostSaved = std::size_t{64} << 20;
/// Enough for pictures and periods; `--samples` keeps more.
constexpr std::uint64_t kKept = 20'000;
constexpr std::uint64_t kMostKept = 20'000'000;

bool AnyFile(const HttpArguments& arguments) {
  return !arguments.csv.empty() || !arguments.samples.empty() || !arguments.html.empty();
}

Result<RequestSpec> RequestSpecFrom(Session& session, const HttpArguments& arguments,
                                    const HttpUrl& url) {
  RequestSpec spec;
  spec.url = url;
  spec.method = arguments.method;
  spec.fields = arguments.fields;
  spec.keep_alive = arguments.keep_alive;
  if (!arguments.data_file.empty()) {
    Result<FileContent> body = session.machine().files.Read(arguments.data_file, kMostBody);
    if (!body) return Fail(body.error());
    spec.body = std::move(body->bytes);
  }
  return spec;
}

LoadSpec SpecFrom(const HttpArguments& arguments, std::string request) {
  LoadSpec spec;
  spec.request = std::move(request);
  spec.method =
      arguments.method == "HEAD" ? ResponseReader::BodyOf::kHead : ResponseReader::BodyOf::kGet;
  spec.sources = arguments.sources;
  spec.requests = arguments.requests;
  spec.duration = arguments.duration;
  if (spec.requests == 0 && arguments.duration.count() == 0)
    spec.duration = std::chrono::seconds(10);
  spec.connections = arguments.connections;
  spec.threads = std::min(arguments.threads, arguments.connections);
  spec.keep_alive = arguments.keep_alive;
  spec.pipeline = arguments.pipeline;
  spec.rate = arguments.rate;
  if (arguments.load && arguments.think.size() == 1) spec.think = arguments.think.front();
  spec.timeout = arguments.timeout;
  spec.mss = arguments.mss;
  spec.keep = arguments.samples.empty() ? kKept : kMostKept;
  return spec;
}

HttpRequest RequestFrom(const HttpArguments& arguments, LoadSpec spec) {
  HttpRequest request;
  request.spec = std::move(spec);
  request.ask = !arguments.load   ? HttpAsk::kDiagnosis
                : arguments.proof ? HttpAsk::kLoadAndProof
                                  : HttpAsk::kLoad;
  if (!arguments.load) {
    for (const std::chrono::microseconds think : arguments.think)
      request.think_us.push_back(think.count());
  }
  return request;
}

std::string ProgressLine(const HttpProgress& progress) {
  std::string line = Format("{} of {}  {}  {} requests, {}/s", progress.run, progress.runs,
                            progress.label, progress.requests, ShownRate(progress.rate));
  if (progress.expected > progress.elapsed && progress.expected.count() > 0) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(progress.expected - progress.elapsed);
    line += Format(", at most {} s left", left.count());
  }
  return line;
}

Status WriteFiles(Session& session, const HttpArguments& arguments, const HttpView& view) {
  const auto write = [&session](const std::string& path, const std::string& text) {
    return path.empty() ? Status() : WriteOutput(session, path, text);
  };
  if (Status csv = write(arguments.csv, HttpPercentilesCsv(view.result)); !csv) return csv;
  if (!arguments.samples.empty()) {
    if (Status samples = write(arguments.samples, HttpSamplesCsv(view.result)); !samples)
      return samples;
  }
  return arguments.html.empty() ? Status() : write(arguments.html, HttpHtml(view));
}

/// Nothing that was asked was answered: no measurement came about.
bool NoAnswer(const HttpResult& result) {
  return std::none_of(result.runs.begin(), result.runs.end(),
                      [](const HttpRun& run) { return run.load.ok > 0; });
}

Answer Compare(Session& session, const HttpArguments& arguments) {
  std::vector<HttpSaved> saved;
  for (const std::string& path : arguments.compare) {
    const Result<FileContent> content = session.machine().files.Read(path, kMostSaved);
    if (!content) return session.Refuse(content.error());
    Result<HttpSaved> one = ReadSavedHttp(content->bytes, path);
    if (!one) return session.Refuse(one.error());
    saved.push_back(*std::move(one));
  }
  if (!arguments.html.empty()) {
    const Status written =
        WriteOutput(session, arguments.html, HttpCompareHtml(saved[0], saved[1]));
    if (!written) return session.Refuse(written.error());
  }
  Answer answer;
  answer.text = session.json() ? HttpCompareJson(saved[0], saved[1])
                               : HttpCompareText(saved[0], saved[1], session.style());
  return answer;
}

class HttpRunner {
 public:
  HttpRunner(Session& session, const HttpArguments& arguments)
      : session_(session), arguments_(arguments) {}

  Answer Go() {
    const Result<const HostInfo*> info = session_.Info();
    if (!info) return session_.Refuse(info.error());
    for (const std::string& file : {arguments_.csv, arguments_.samples, arguments_.html}) {
      const Status writable = file.empty() ? Status() : CheckOutput(session_, file);
      if (!writable) return session_.Refuse(writable.error());
    }
    if (const Status ready = Prepare(); !ready) return session_.Refuse(ready.error());
    Foresee();
    if (const Status ran = Ask(); !ran) return session_.Refuse(ran.error());
    if (session_.json()) view_.host_hash = HostHashNow(session_);
    Answer answer;
    if (AnyFile(arguments_)) {
      if (const Status written = WriteFiles(session_, arguments_, view_); !written)
        answer.errors.push_back(written.error());
    }
    answer.status = !answer.errors.empty()       ? StatusOf(answer.errors.front().kind)
                    : view_.result.partial       ? ExitStatus::kInterrupted
                    : NoAnswer(view_.result)     ? ExitStatus::kRestored
                    : view_.result.verdict.stall ? ExitStatus::kFinding
                                                 : ExitStatus::kDone;
    answer.text =
        session_.json() ? HttpJson(view_) : HttpText(view_, session_.target(), session_.style());
    return answer;
  }

 private:
  Status Prepare() {
    const Result<HttpUrl> url = ParseHttpUrl(arguments_.url);
    if (!url) return Fail(url.error());
    Result<RequestSpec> spec = RequestSpecFrom(session_, arguments_, *url);
    if (!spec) return Fail(spec.error());
    Result<std::string> bytes = BuildRequest(*spec);
    if (!bytes) return Fail(bytes.error());
    spec->keep_alive = false;
    Result<std::string> closing = BuildRequest(*spec);
    if (!closing) return Fail(closing.error());
    view_.url = arguments_.url;
    view_.request = RequestFrom(arguments_, SpecFrom(arguments_, *std::move(bytes)));
    view_.request.closing_request = *std::move(closing);
    const std::chrono::nanoseconds before = session_.machine().clock.SinceBoot();
    Result<std::vector<SocketAddress>> addresses =
        session_.machine().resolve({url->host, url->port});
    if (!addresses) return Fail(addresses.error());
    lookup_ns_ = (session_.machine().clock.SinceBoot() - before).count();
    view_.request.loopback = addresses->front().IsLoopback();
    view_.request.hz = session_.machine().ticks_per_second();
    view_.request.spec.addresses = *std::move(addresses);
    return {};
  }

  /// Says before the start what will run short.
  void Foresee() {
    const LoadSpec& spec = view_.request.spec;
    if (view_.request.ask == HttpAsk::kDiagnosis) return;
    const ForecastFacts facts = session_.machine().forecast_facts(spec.addresses.front());
    view_.forecast = ForecastLines(ForecastLoad(spec, facts));
    for (const std::string& line : view_.forecast) session_.Note("note: " + line + "\n");
  }

  Status Ask() {
    Machine& machine = session_.machine();
    Result<ServerWatch> server = ServerWatch::Of(machine, arguments_.watch_pid);
    if (!server) return Fail(server.error());
    machine.terminal.WatchForStop("stopped\n", static_cast<int>(ExitStatus::kInterrupted));
    const std::unique_ptr<LoadClient> client = machine.load_client();
    Progress progress(session_);
    Result<HttpResult> result = RunHttp(*client, view_.request, [&](const HttpProgress& now) {
      server->Look(now);
      progress.Show(ProgressLine(now));
      return machine.terminal.StopWanted();
    });
    progress.Erase();
    if (!result) return Fail(result.error());
    view_.result = *std::move(result);
    view_.result.lookup_ns = lookup_ns_;
    view_.server = server->samples();
    if (!view_.result.runs.empty()) view_.address = view_.result.runs.front().load.address.Text();
    return {};
  }

  Session& session_;
  const HttpArguments& arguments_;
  HttpView view_;
  std::int64_t lookup_ns_ = 0;
};

}  // namespace

Answer Run(Session& session, const HttpArguments& arguments) {
  if (!arguments.compare.empty()) return Compare(session, arguments);
  return HttpRunner(session, arguments).Go();
}

}  // namespace tunewire
