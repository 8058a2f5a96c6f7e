// SPDX-License-Identifier: Apache-2.0
// MemorySanitizer sees what instrumented code writes. What the standard library's compiled part writes for us is told
// it here: linked with --wrap, these are called in its stead.
#include <sanitizer/msan_interface.h>

#include <charconv>
#include <cstddef>

namespace {

std::to_chars_result told(const char* first, std::to_chars_result result) {
  __msan_unpoison(&result, sizeof result);
  __msan_unpoison(first, static_cast<std::size_t>(result.ptr - first));
  return result;
}

}  // namespace

extern "C" {

std::to_chars_result __real__ZSt8to_charsPcS_d(char* first, char* last, double value);
std::to_chars_result __wrap__ZSt8to_charsPcS_d(char* first, char* last, double value) {
  return told(first, __real__ZSt8to_charsPcS_d(first, last, value));
}

std::to_chars_result __real__ZSt8to_charsPcS_dSt12chars_formati(char* first, char* last, double value,
                                                                std::chars_format format, int precision);
std::to_chars_result __wrap__ZSt8to_charsPcS_dSt12chars_formati(char* first, char* last, double value,
                                                                std::chars_format format, int precision) {
  return told(first, __real__ZSt8to_charsPcS_dSt12chars_formati(first, last, value, format, precision));
}

}  // extern "C"
