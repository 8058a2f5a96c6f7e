// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <stdexcept>

namespace plimsoll {

/// Base of every exception that plimsoll throws itself. Numeric outcomes (too few scores, no spread) are not
/// exceptions: they are a FitStatus.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A parameter outside its range, of the wrong kind, or unknown to the method.
class ParameterError : public Error {
 public:
  using Error::Error;
};

/// Scores, labels, maps or masks that break a precondition: a non-finite score, unequal lengths, an anomalous
/// label where only normal scores may go. The estimator is unchanged when this is thrown.
class DataError : public Error {
 public:
  using Error::Error;
};

namespace detail {
/// Throws the exception with the text that `message()` gives. Where the compiler has exceptions switched off the
/// program is aborted: a broken precondition has nobody to go to, and the text is not made, which would take a heap.
template <typename Exception, typename Message>
[[noreturn]] void fail([[maybe_unused]] const Message& message) {
#if defined(__cpp_exceptions)
  throw Exception(message());
#else
  std::abort();
#endif
}
}  // namespace detail

}  // namespace plimsoll
