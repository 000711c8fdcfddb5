#include "report/error_text.h"

#include <doctest/doctest.h>

#include "report/envelope.h"
#include "report/layout.h"

using namespace tunewire;

namespace {

Error RefusedValue() {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "invalid_value";
  error.message = "kernel refuses this value";
  error.hint = "allowed 1..127 (rehearsal: EINVAL)";
  error.where =
      SourcePlace{"profiles/web.json", 14, 33, 3, "    \"net.ipv4.tcp_syn_retries\": 200"};
  return error;
}

}  // namespace

TEST_CASE("An error with a place shows the line and a caret under the bad part") {
  const std::vector<Error> errors{RefusedValue()};
  CHECK(ErrorsText(errors, HostTouched::kNo, Style{}) ==
        "error: kernel refuses this value            profiles/web.json:14:33\n"
        "  14 |     \"net.ipv4.tcp_syn_retries\": 200\n"
        "     |                                 ^^^  allowed 1..127 (rehearsal: EINVAL)\n"
        "nothing was changed.\n");
}

TEST_CASE("A hint that does not fit beside the caret stands below") {
  Style style;
  style.columns = 60;
  CHECK(ErrorText(RefusedValue(), style) ==
        "error: kernel refuses this value\n"
        "  at profiles/web.json:14:33\n"
        "  14 |     \"net.ipv4.tcp_syn_retries\": 200\n"
        "     |                                 ^^^\n"
        "     | allowed 1..127 (rehearsal: EINVAL)\n");
}

TEST_CASE("An error without a place has its hint below") {
  Error error;
  error.message = "no profile 'htpp-server'";
  error.hint = "did you mean http-server?";
  CHECK(ErrorText(error, Style{}) ==
        "error: no profile 'htpp-server'\n  hint: did you mean http-server?\n");
  CHECK(ErrorsText({}, HostTouched::kNo, Style{}).empty());
}

TEST_CASE("A place beyond its line, or with wild numbers, harms nothing") {
  for (const int column : {1, 33, 36, 37, 1000, 2000000000}) {
    for (const int length : {0, 1, 200, 2000000000}) {
      Error error = RefusedValue();
      error.where->column = column;
      error.where->length = length;
      for (const std::string& line : Wrap(ErrorText(error, Style{}), 1000))
        CHECK(ShownWidth(line) < 1000);
    }
  }
}

TEST_CASE("Control bytes from outside are shown, not sent") {
  Error error = RefusedValue();
  error.where->excerpt = "\"\033[31mred\": 200";
  error.where->column = 12;
  error.message = "bad\a";
  const std::string text = ErrorText(error, Style{});
  CHECK(text.find('\033') == std::string::npos);
  CHECK(text.find('\a') == std::string::npos);
}

TEST_CASE("The envelope holds what is known, and any bytes") {
  Error error = RefusedValue();
  error.subject = "broken \xFF byte";
  const std::vector<Error> errors{error};
  CHECK(EnvelopeJson({"plan", "0.1.0", "6.18.44", "", 4026531840}, "{\n  \"a\": []\n}", errors) ==
        "{\n"
        "  \"schema\": \"tunewire.plan/1\",\n"
        "  \"tool\": {\n    \"name\": \"tunewire\",\n    \"version\": \"0.1.0\"\n  },\n"
        "  \"host\": {\n    \"kernel\": \"6.18.44\",\n    \"netns\": 4026531840\n  },\n"
        "  \"result\": {\n    \"a\": []\n  },\n"
        "  \"errors\": [\n    {\n"
        "      \"code\": \"invalid_value\",\n"
        "      \"message\": \"kernel refuses this value\",\n"
        "      \"where\": \"profiles/web.json:14:33\",\n"
        "      \"subject\": \"broken \xEF\xBF\xBD byte\",\n"
        "      \"hint\": \"allowed 1..127 (rehearsal: EINVAL)\"\n"
        "    }\n  ]\n}\n");
}
