// SPDX-License-Identifier: Apache-2.0
// A disk that is full, and a process that is killed: a file is the old one or the whole new one.
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "npy_file.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;
using plimsoll::test::Random;
namespace fs = std::filesystem;

namespace {

/// What every command below needs: enough numbers that each file it writes has more than a kilobyte.
class WithInputs : public Workspace {
 public:
  explicit WithInputs(std::size_t count = 3000) {
    Random random(81);
    std::vector<double> scores(count);
    for (double& score : scores) score = random.normal();
    write("scores.npy", npy(scores, {.type = "<f4"}));
    scores.resize(20 * 12 * 12);
    write("maps.npy", npy(scores, {.type = "<f4", .shape = {20, 12, 12}}));
    check_success(run("fit scores.npy --method mad -o line.json"));
    check_success(run("fit --maps maps.npy -o map.json"));
  }
};

/// Until there is another file than before, or the one that is replaced has changed: most of a run is over by then.
void wait_for_writing(const Workspace& workspace, std::size_t files, const std::string& output) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto before = fs::last_write_time(workspace.path(output));
  while (workspace.files().size() == files && fs::last_write_time(workspace.path(output)) == before &&
         std::chrono::steady_clock::now() < end) {
  }
}

struct End {
  bool killed = false;
  bool succeeded = false;
};

End end_of(::pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

}  // namespace

#ifdef PLIMSOLL_SYNC_LOG
TEST_CASE("fault: what is written is on the disk before it has its name") {
  const WithInputs workspace;
  for (const std::string& command :
       {std::string("fit scores.npy -o out"), std::string("apply map.json maps.npy -o out.npy")}) {
    check_success(workspace.run(command, {}, {}, "export SYNC_LOG=log LD_PRELOAD='" PLIMSOLL_SYNC_LOG "'"));
    const std::vector<std::string> lines = lines_of(workspace.read("log"));
    REQUIRE(lines.size() == 2);
    const std::vector<std::string> renamed = split(lines[1], ' ');
    REQUIRE(renamed.size() == 3);
    CHECK(renamed[0] == "rename");
    CHECK(renamed[1].ends_with(".tmp"));
    CHECK(renamed[2].starts_with("out"));
    CHECK(lines[0] == "fsync " + fs::canonical(workspace.path(".")).string() + "/" + renamed[1]);
    fs::remove(workspace.path("log"));
  }
}
#endif

TEST_CASE("fault: where a file does not fit on the disk, the old one stays whole and nothing else") {
  const WithInputs workspace;
  struct Case {
    std::string arguments;
    std::string output;
  };
  for (const Case& one :
       {Case{"fit scores.npy -o ", "line2.json"}, Case{"collect scores.npy --method quantile -o ", "shard.state"},
        Case{"apply line.json scores.npy -o ", "labels.npy"}, Case{"apply line.json scores.npy -o ", "labels.txt"},
        Case{"export --cpp map.json -o ", "line.hpp"}, Case{"apply map.json maps.npy -o ", "masks.npy"},
        Case{"report line.json --normal scores.npy -o ", "report.html"}}) {
    INFO(one.arguments << one.output);
    workspace.write(one.output, "what was there");
    const std::vector<std::string> before = workspace.files();
    // A block is 512 or 1024 bytes, as the shell has it: some of the file can be written, not all.
    const Outcome full = workspace.run(one.arguments + one.output, {}, {}, "ulimit -f 1");
    CHECK(full.status == 2);
    CHECK(full.err.find(one.output) != std::string::npos);
    CHECK(full.err.find("File too large") != std::string::npos);
    CHECK(workspace.read(one.output) == "what was there");
    CHECK(workspace.files() == before);
    // It was the disk, not the command.
    CHECK(workspace.run(one.arguments + one.output).status == 0);
    CHECK(workspace.read(one.output).size() > 1024);
  }
}

TEST_CASE("fault: a record that no longer fits is said, and can be gone on with") {
  const WithInputs workspace;
  const std::string arguments = "tune scores.npy --method mad --trials 8 --record ";
  const Outcome full = workspace.run(arguments + "tune.jsonl", {}, {}, "ulimit -f 2");
  CHECK(full.status == 2);
  CHECK(full.err.find("tune.jsonl") != std::string::npos);
  check_success(workspace.run(arguments + "tune.jsonl"));
  check_success(workspace.run(arguments + "whole.jsonl"));
  CHECK(workspace.read("tune.jsonl") == workspace.read("whole.jsonl"));
}

TEST_CASE("fault: a killed process leaves the old file or the whole new one") {
  const std::size_t count = 400000;
  const WithInputs workspace(count);
  struct Case {
    std::vector<std::string> arguments;
    std::string output;
  };
  Random random(82);
  for (const Case& one : {Case{{"apply", "line.json", "scores.npy", "-o", "out.npy"}, "out.npy"},
                          Case{{"collect", "scores.npy", "--method", "quantile", "-o", "out.state"}, "out.state"}}) {
    REQUIRE(end_of(workspace.start(one.arguments)).succeeded);
    const std::string whole = workspace.read(one.output);
    REQUIRE(whole.size() >= count);
    int killed = 0;
    for (int i = 0; i < 40; ++i) {
      workspace.write(one.output, "what was there");
      const std::size_t files = workspace.files().size();
      const ::pid_t child = workspace.start(one.arguments);
      wait_for_writing(workspace, files, one.output);
      std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
      ::kill(child, SIGKILL);
      const End end = end_of(child);
      killed += end.killed ? 1 : 0;
      const std::string after = workspace.read(one.output);
      CAPTURE(i, end.killed, after.size());
      CHECK((after == whole || (end.killed && after == "what was there")));
    }
    // Else the test has shown nothing.
    CHECK(killed > 0);
  }
  // What a killed process was writing has a name that says so.
  for (const std::string& name : workspace.files()) {
    if (name.starts_with("out.")) CHECK((name == "out.npy" || name == "out.state" || name.ends_with(".tmp")));
  }
}
