// SPDX-License-Identifier: Apache-2.0
// What mutation.py weaves into a copy of the library: mutants that an environment variable switches on. Without
// PLIMSOLL_MUTANT, and in constant expressions, every choice is the one that was written.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace plimsoll_mutation {

/// Reads the mutant to switch on once. With PLIMSOLL_MUTANT_RECORD notes the sites that run, and appends their numbers
/// to that file at exit.
struct State {
  int active = 0;
  const char* record = nullptr;
  std::array<bool, 65536> reached{};

  State() noexcept {
    if (const char* mutant = std::getenv("PLIMSOLL_MUTANT")) active = std::atoi(mutant);
    record = std::getenv("PLIMSOLL_MUTANT_RECORD");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (record == nullptr) return;
    if (std::FILE* file = std::fopen(record, "a")) {
      for (std::size_t i = 0; i < reached.size(); ++i) {
        if (reached[i]) std::fprintf(file, "%zu\n", i);
      }
      std::fclose(file);
    }
  }
};
inline State state;

constexpr bool on(int site) noexcept {
  if (std::is_constant_evaluated()) return false;
  if (state.record != nullptr) state.reached[static_cast<std::size_t>(site)] = true;
  return state.active == site;
}

enum class Change { boundary, opposite };

/// `a < b` becomes `a < Between<site, change>{} < b`: it binds as the operator did, so no operand need be found.
template <int site, Change change>
struct Between {};

template <typename T, int site, Change change>
struct Left {
  const T& value;
};

// clang-format off
#define PLIMSOLL_MUTATION_OPERATOR(written, at_boundary, reversed)                                                  \
  template <typename T, int site, Change change>                                                                    \
  constexpr Left<T, site, change> operator written(const T& a, Between<site, change>) noexcept { return {a}; }      \
  template <typename T, int site, Change change, typename U>                                                        \
  requires requires(const T& a, const U& b) { a written b; a at_boundary b; a reversed b; }                         \
  constexpr auto operator written(Left<T, site, change> a, const U& b) {                                            \
    using Result = std::decay_t<decltype(a.value written b)>;                                                       \
    if (!on(site)) return static_cast<Result>(a.value written b);                                                   \
    if constexpr (change == Change::boundary) return static_cast<Result>(a.value at_boundary b);                    \
    else return static_cast<Result>(a.value reversed b);                                                            \
  }
PLIMSOLL_MUTATION_OPERATOR(<, <=, >=)
PLIMSOLL_MUTATION_OPERATOR(<=, <, >)
PLIMSOLL_MUTATION_OPERATOR(>, >=, <=)
PLIMSOLL_MUTATION_OPERATOR(>=, >, <)
PLIMSOLL_MUTATION_OPERATOR(==, !=, !=)
PLIMSOLL_MUTATION_OPERATOR(!=, ==, ==)
PLIMSOLL_MUTATION_OPERATOR(+, -, -)
PLIMSOLL_MUTATION_OPERATOR(-, +, +)
PLIMSOLL_MUTATION_OPERATOR(*, /, /)
#undef PLIMSOLL_MUTATION_OPERATOR
// clang-format on

template <int site, typename T>
constexpr T min(const T& a, const T& b) {
  return on(site) ? std::max(a, b) : std::min(a, b);
}
template <int site, typename T>
constexpr T max(const T& a, const T& b) {
  return on(site) ? std::min(a, b) : std::max(a, b);
}

}  // namespace plimsoll_mutation
