// Errors as people read them: what is wrong, where, a caret under it, and what to do.
#pragma once

#include <span>
#include <string>

#include "report/style.h"
#include "tunewire/base/error.h"

namespace tunewire {

/// One error:
///
///   error: kernel refuses this value            profiles/web.json:14:34
///     14 |     "net.ipv4.tcp_syn_retries": 200
///        |                                 ^^^  allowed 1..127
std::string ErrorText(const Error& error, const Style& style);

/// "profiles/web.json:14:34"; the subject where there is no place; empty where there is neither.
std::string WhereText(const Error& error);

/// Whether a refusal left the host alone, so that the report may say so.
enum class HostTouched { kNo, kYes, kNotConcerned };

/// All of them, and "nothing was changed." where that is so.
std::string ErrorsText(std::span<const Error> errors, HostTouched touched, const Style& style);

}  // namespace tunewire
