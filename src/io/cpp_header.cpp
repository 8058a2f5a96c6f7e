// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/cpp_header.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/parameter.hpp"
#include "shown.hpp"

namespace plimsoll::io {
namespace {

/// Keywords and alternative tokens (ISO/IEC 14882:2020, [lex.key]), sorted.
constexpr std::string_view keywords[] = {
    "alignas",     "alignof",  "and",        "and_eq",    "asm",       "auto",         "bitand",
    "bitor",       "bool",     "break",      "case",      "catch",     "char",         "char16_t",
    "char32_t",    "char8_t",  "class",      "co_await",  "co_return", "co_yield",     "compl",
    "concept",     "const",    "const_cast", "consteval", "constexpr", "constinit",    "continue",
    "decltype",    "default",  "delete",     "do",        "double",    "dynamic_cast", "else",
    "enum",        "explicit", "export",     "extern",    "false",     "float",        "for",
    "friend",      "goto",     "if",         "inline",    "int",       "long",         "mutable",
    "namespace",   "new",      "noexcept",   "not",       "not_eq",    "nullptr",      "operator",
    "or",          "or_eq",    "private",    "protected", "public",    "register",     "reinterpret_cast",
    "requires",    "return",   "short",      "signed",    "sizeof",    "static",       "static_assert",
    "static_cast", "struct",   "switch",     "template",  "this",      "thread_local", "throw",
    "true",        "try",      "typedef",    "typeid",    "typename",  "union",        "unsigned",
    "using",       "virtual",  "void",       "volatile",  "wchar_t",   "while",        "xor",
    "xor_eq"};
static_assert(std::ranges::is_sorted(keywords));

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Throws ParameterError.
void check_name(std::string_view name) {
  const auto refuse = [name](const char* why) {
    throw ParameterError("to_cpp_header: name = " + shown(name) + " " + why);
  };
  const bool is_identifier = !name.empty() && !is_digit(name.front()) &&
                             std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
  if (!is_identifier) refuse("is not a C++ identifier: letters, digits and underscores, not a digit first");
  if (std::ranges::binary_search(keywords, name)) refuse("is a keyword of C++");
  // [lex.name], for names at global scope; NAME_normals must not be one either.
  if (name.front() == '_' || name.back() == '_' || name.find("__") != std::string_view::npos) {
    refuse("is reserved in C++: no underscore at an end, and not two in a row");
  }
  if (name == "main" || name == "std" || name == "plimsoll") refuse("is taken in C++");
}

/// As a string literal of printable ASCII on one line, byte for byte the text. Safe in a comment too: it ends neither a
/// line nor a comment, and begins none.
std::string literal(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?') {  // ? begins trigraphs
      quoted += '\\';
      quoted += c;
    } else if (byte >= ' ' && byte < 0x7f && c != '*') {
      quoted += c;
    } else {  // three octal digits end by themselves
      quoted += '\\';
      for (const int shift : {6, 3, 0}) quoted += static_cast<char>('0' + ((byte >> shift) & 7));
    }
  }
  return quoted + '"';
}

/// All bits of the number.
std::string exact(double value) {
  if (std::isnan(value)) return "std::numeric_limits<double>::quiet_NaN()";
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "std::numeric_limits<double>::infinity()";
  char digits[32];
  const char* end = std::to_chars(digits, digits + sizeof digits, std::abs(value), std::chars_format::hex).ptr;
  return sign + "0x" + std::string(digits, static_cast<std::size_t>(end - digits));
}

std::string cutoff_text(Cutoff cutoff) {
  return "plimsoll::Cutoff{" + exact(cutoff.value()) + "}";
}

template <typename Enumeration>
std::string word(std::string_view type, Enumeration value) {
  return "plimsoll::" + std::string(type) + "::" + std::string(to_string(value));
}

std::string mask_text(const std::optional<MaskRule>& mask) {
  if (!mask) return "std::nullopt";
  return "plimsoll::MaskRule{\n"
         "        .high = " +
         cutoff_text(mask->high) +
         ",\n"
         "        .low = " +
         cutoff_text(mask->low) +
         ",\n"
         "        .connectivity = plimsoll::Connectivity::" +
         (mask->connectivity == Connectivity::four ? "four" : "eight") +
         ",\n"
         "        .erosion = " +
         std::to_string(mask->erosion) +
         ",\n"
         "        .dilation = " +
         std::to_string(mask->dilation) +
         ",\n"
         "        .fill_holes = " +
         (mask->fill_holes ? "true" : "false") +
         ",\n"
         "        .minimum_area = " +
         std::to_string(mask->minimum_area) + "}";
}

std::string normalisation_text(const Normalisation& normalisation) {
  return "plimsoll::Normalisation{\n        .kind = " + word("NormalisationKind", normalisation.kind) +
         ",\n        .minimum = " + exact(normalisation.minimum) +
         ",\n        .maximum = " + exact(normalisation.maximum) +
         ",\n        .deviation = " + exact(normalisation.deviation) + "}";
}

std::string curve_text(const FalseAlarmCurve& curve) {
  if (curve.empty()) return "plimsoll::FalseAlarmCurve{}";
  std::string text = "plimsoll::FalseAlarmCurve{\n        .knots = {{";
  for (std::size_t i = 0; i < curve.count; ++i) {
    text += (i == 0 ? "{" : ",\n                   {") + exact(curve.knots[i].rate) + ", " +
            exact(curve.knots[i].cutoff) + "}";
  }
  return text + "}},\n        .count = " + std::to_string(curve.count) + "}";
}

std::string fit_comment(const char* what, const std::optional<Fit>& fit) {
  if (!fit) return {};
  return std::string("// ") + what + " " + detail::shortest(fit->cutoff.value()) + ", method " + literal(fit->method) +
         ", promise: " + to_string(fit->promise) + "\n";
}

std::string normals_text(const CalibrationFile& file, const std::string& name) {
  const std::string count = std::to_string(file.normal_scores.size());
  std::string text =
      "\ninline constexpr std::array<plimsoll::NormalScores::Knot, " + count + "> " + name + "_normal_knots{{\n";
  for (const NormalScores::Knot& knot : file.normal_scores) {
    text +=
        "    {" + exact(knot.score) + ", " + std::to_string(knot.at_least) + ", " + std::to_string(knot.above) + "},\n";
  }
  return text + "}};\n/// For p-values of image scores" +
         (file.calibration.direction == ScoreDirection::lower_is_anomalous ? ", negated" : "") +
         ".\ninline constexpr plimsoll::NormalScores " + name + "_normals{.knots = " + name +
         "_normal_knots, .count = " + std::to_string(file.normal_count) + "};\n";
}

}  // namespace

std::string to_cpp_header(const CalibrationFile& file, std::string_view constant, std::string_view source) {
  check_name(constant);
  const std::string name(constant);
  const Calibration& calibration = file.calibration;
  const bool has_normals = !file.normal_scores.empty();
  std::string text = "// Generated by plimsoll export, version " PLIMSOLL_VERSION "; not to be edited.\n";
  if (!source.empty())
    text += "// From " + literal(source) + ", written by version " + literal(file.library_version) + "\n";
  text += fit_comment("Image cutoff", file.image);
  text += fit_comment("Review cutoff", file.review);
  text += fit_comment("Mask's high level", file.high);
  text += fit_comment("Mask's low level", file.low);
  text += "#pragma once\n\n";
  if (has_normals) text += "#include <array>\n";
  text +=
      "#include <limits>\n#include <optional>\n#include <string_view>\n\n"
      "#ifndef PLIMSOLL_SINGLE_HEADER  // plimsoll_decide.hpp, when it was included before, has it\n"
      "#include \"plimsoll/decide/calibration.hpp\"\n";
  if (has_normals) text += "#include \"plimsoll/decide/conformal.hpp\"\n";
  text += "#endif\n";
  text += "\ninline constexpr plimsoll::Calibration " + name + "{\n";
  const auto member = [&text](const char* which, const std::string& value) {
    text += std::string("    .") + which + " = " + value + ",\n";
  };
  member("direction", word("ScoreDirection", calibration.direction));
  member("cutoff", cutoff_text(calibration.cutoff));
  member("review_cutoff", cutoff_text(calibration.review_cutoff));
  member("map_reduction", word("MapReduction", calibration.map_reduction));
  member("top_share", exact(calibration.top_share));
  member("mask", mask_text(calibration.mask));
  member("agreement", word("Agreement", calibration.agreement));
  member("normalisation", normalisation_text(calibration.normalisation));
  member("pixel_normalisation", normalisation_text(calibration.pixel_normalisation));
  member("rates", curve_text(calibration.rates));
  member("mask_rates", curve_text(calibration.mask_rates));
  text += "};\n\n/// What made the scores that it is for.\ninline constexpr std::string_view " + name +
          "_pipeline_text = " + literal(file.pipeline.text) + ";\ninline constexpr std::string_view " + name +
          "_pipeline_hash = " + literal(file.pipeline.hash) + ";\n";
  if (has_normals) text += normals_text(file, name);
  return text;
}

}  // namespace plimsoll::io
