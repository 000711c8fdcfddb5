#include "cli/settings_files.h"

#include "tunewire/tune/import.h"

namespace tunewire {

Result<SourceText> ReadSettings(Session& session, const std::string& reference) {
  if (reference == "-") {
    Result<std::string> input = session.machine().terminal.ReadInput(kMaxSettingsBytes);
    if (!input) return Fail(input.error());
    return SourceText{"<stdin>", *std::move(input), false};
  }
  Result<FileContent> content = session.machine().files.Read(reference, kMaxSettingsBytes);
  if (!content) return Fail(content.error());
  return SourceText{reference, std::move(content->bytes), false};
}

}  // namespace tunewire
