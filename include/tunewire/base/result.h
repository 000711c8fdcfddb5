// Result<T>: a value or an Error. tl::expected stands in for std::expected, which g++ 12 lacks.
#pragma once

#include <tl/expected.hpp>

#include "tunewire/base/error.h"

namespace tunewire {

template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace tunewire
