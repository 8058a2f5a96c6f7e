// SPDX-License-Identifier: Apache-2.0
#include "workspace.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "catch.hpp"

namespace plimsoll::cli_test {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

void write_bytes(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_bytes(const fs::path& path) {
  if (!fs::exists(path)) throw std::runtime_error("cannot read " + path.string());
  return test::content_of(path.string());
}

}  // namespace

Workspace::Workspace() : folder_{root_.path() / "work"} {
  fs::create_directory(folder_);
}

void Workspace::write(const std::string& name, std::string_view bytes) const {
  write_bytes(path(name), bytes);
}

std::string Workspace::read(const std::string& name) const {
  return read_bytes(path(name));
}

std::vector<std::string> Workspace::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

Outcome Workspace::run(const std::string& arguments, std::string_view input, const std::string& redirection,
                       const std::string& before) const {
  const fs::path standard_input = root_.path() / "stdin";
  const fs::path standard_error = root_.path() / "stderr";
  write_bytes(standard_input, input);
  Outcome outcome;
  outcome.command = "plimsoll " + arguments + " " + redirection;
  const std::string command = "cd " + quoted(folder_.string()) + " && " + before + " && " + quoted(PLIMSOLL_PROGRAM) +
                              " " + arguments + " < " + quoted(standard_input.string()) + " 2> " +
                              quoted(standard_error.string()) + " " + redirection;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start a shell");
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.out.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  for (const std::string& line : lines_of(read_bytes(standard_error))) {
    const bool progress = line.starts_with("reading ") || line.starts_with("writing anomalies: ") ||
                          line.starts_with("comparing: ") || line.starts_with("tuning: ");
    if (!progress) outcome.err += line + "\n";
  }
  return outcome;
}

::pid_t Workspace::start(const std::vector<std::string>& arguments) const {
  std::vector<char*> words{const_cast<char*>("plimsoll")};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const ::pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    if (::chdir(folder_.c_str()) == 0) ::execv(PLIMSOLL_PROGRAM, words.data());
    ::_exit(127);
  }
  return child;
}

std::string example(const std::string& name) {
  return quoted(PLIMSOLL_EXAMPLE_DATA "/" + name);
}

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = line.find(separator);
    parts.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) return parts;
    line.remove_prefix(end + 1);
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  if (text.empty()) return {};
  if (text.ends_with('\n')) text.remove_suffix(1);
  return split(text, '\n');
}

std::string count_to(int last) {
  std::string text;
  for (int i = 1; i <= last; ++i) text += std::to_string(i) + "\n";
  return text;
}

void check_success(const Outcome& outcome) {
  INFO(outcome.command);
  CHECK(outcome.status == 0);
  CHECK(outcome.err == "");
}

void check_refused(const Outcome& outcome, int status, std::initializer_list<std::string_view> mentions) {
  INFO(outcome.command);
  INFO(outcome.err);
  CHECK(outcome.status == status);
  CHECK(outcome.out == "");
  const std::vector<std::string> lines = lines_of(outcome.err);
  CHECK_FALSE(lines.empty());
  if (lines.empty()) return;
  CHECK(lines.size() <= 2);
  CHECK(lines.front().starts_with("plimsoll: "));
  if (lines.size() == 2) CHECK(lines.back() == "(plimsoll --help, or plimsoll COMMAND --help, tells more)");
  for (const std::string_view mention : mentions) {
    INFO("to be mentioned: " << mention);
    CHECK(lines.front().find(mention) != std::string::npos);
  }
}

std::vector<double> scores_read(const Workspace& workspace, const std::string& arguments, std::string_view input) {
  if (!fs::exists(workspace.path(".line"))) check_success(workspace.run("fit - --method manual -o .line", "1\n"));
  const Outcome outcome = workspace.run("apply .line " + arguments + " --format csv", input);
  check_success(outcome);
  std::vector<double> scores;
  const std::vector<std::string> lines = lines_of(outcome.out);
  if (lines.empty()) return {};
  CHECK(lines.front() == "index,score,label");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = split(lines[i], ',');
    CHECK(cells.size() == 3);
    if (cells.size() != 3) return {};
    CHECK(cells[0] == std::to_string(i - 1));
    scores.push_back(std::strtod(cells[1].c_str(), nullptr));
  }
  return scores;
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (std::isnan(x) && std::isnan(y));
  });
}

}  // namespace plimsoll::cli_test
