// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "folder.hpp"

namespace plimsoll::cli_test {

/// What a run of the program gave.
struct Outcome {
  std::string command;
  int status = -1;
  std::string out;
  std::string err;  ///< without lines about progress, which only a slow machine brings about
};

/// A fresh folder in which the program is run, removed with all that is in it.
class Workspace {
 public:
  Workspace();

  /// Where the file of this name is.
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, std::string_view bytes) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  /// The names of all files, sorted.
  [[nodiscard]] std::vector<std::string> files() const;

  /// Runs `plimsoll ARGUMENTS < input`, as a shell reads the arguments, with the folder as the working directory.
  /// `redirection` may send standard output elsewhere than into the outcome: "> /dev/full". `before` is what the shell
  /// does first: "ulimit -f 1".
  [[nodiscard]] Outcome run(const std::string& arguments, std::string_view input = {},
                            const std::string& redirection = {}, const std::string& before = ":") const;

  /// Starts the program with these arguments, as they are, in the folder, without output, and returns the process.
  [[nodiscard]] ::pid_t start(const std::vector<std::string>& arguments) const;

 private:
  test::Folder root_;
  std::filesystem::path folder_;
};

/// A bundled file as a shell's word: example("bottle-knn/normal.npy").
[[nodiscard]] std::string example(const std::string& name);

[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view line, char separator);

/// "1\n2\n...last\n", a CSV file of one column.
[[nodiscard]] std::string count_to(int last);

/// Status 0 and nothing on standard error.
void check_success(const Outcome& outcome);

/// The given status, nothing on standard output, and on standard error one line (a second one only with the hint at
/// --help) that says "plimsoll: " and has all of `mentions`.
void check_refused(const Outcome& outcome, int status, std::initializer_list<std::string_view> mentions);

/// The scores that the program reads from a file, shown by `apply --format csv`: an exact copy, decimals being the
/// shortest that read back as the same double. `arguments` name the file.
[[nodiscard]] std::vector<double> scores_read(const Workspace& workspace, const std::string& arguments,
                                              std::string_view input = {});

/// Equal bit by bit, but that one NaN is as good as another.
[[nodiscard]] bool same(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace plimsoll::cli_test
