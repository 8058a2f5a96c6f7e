// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

/// A workspace with scores.csv, 1 to 19, and line.json, which flags 18 and 19.
class WithLine : public Workspace {
 public:
  WithLine() {
    write("scores.csv", count_to(19));
    check_success(run("fit scores.csv --method manual --value 18 -o line.json"));
  }
};

/// maps.npy, map.json fitted to them, and masks.npy by it.
void write_maps(const Workspace& workspace) {
  std::vector<double> pixels(20 * 12 * 12);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>((i * 7919) % 2880);
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {20, 12, 12}}));
  REQUIRE(workspace.run("fit --maps maps.npy -o map.json").status == 0);
  REQUIRE(workspace.run("apply map.json maps.npy -o masks.npy").status == 0);
}

Names sorted(Names names) {
  std::ranges::sort(names);
  return names;
}

std::string labels_text() {
  std::string text;
  for (int i = 0; i < 17; ++i) text += "0\n";
  return text + "1\n1\n";
}

}  // namespace

TEST_CASE("output: an existing file is replaced and nothing else is left") {
  const WithLine workspace;
  workspace.write("labels.txt", "a longer text than the labels will be: " + std::string(1000, 'x'));
  check_success(workspace.run("apply line.json scores.csv -o labels.txt"));
  CHECK(workspace.read("labels.txt") == labels_text());
  const std::string before = workspace.read("line.json");
  check_success(workspace.run("fit scores.csv -o line.json"));
  CHECK(workspace.read("line.json") != before);
  CHECK(workspace.files() == Names{"labels.txt", "line.json", "scores.csv"});
}

TEST_CASE("output: labels are text or npy by the name of the file") {
  const WithLine workspace;
  for (const std::string name : {"labels.txt", "labels", "labels.csv", "labels.npy.txt"}) {
    check_success(workspace.run("apply line.json scores.csv -o " + name));
    CHECK(workspace.read(name) == labels_text());
  }
  std::vector<int> expected(19, 0);
  expected[17] = expected[18] = 1;
  check_success(workspace.run("apply line.json scores.csv -o 'of today.npy'"));
  CHECK(npy_bytes(workspace.read("of today.npy")) == NpyBytes{{19}, expected});
  // They are labels for the program itself.
  const auto json = json_of(workspace.run("apply line.json scores.csv --labels 'of today.npy' --format json"));
  CHECK(json.at("metrics").at("f1") == 1);
}

TEST_CASE("output: through a link the file is replaced and the link kept") {
  const WithLine workspace;
  fs::create_directory(workspace.path("folder"));
  workspace.write("folder/real.txt", "old");
  fs::create_symlink("folder/real.txt", workspace.path("link.txt"));
  fs::create_symlink("link.txt", workspace.path("second.txt"));
  check_success(workspace.run("apply line.json scores.csv -o second.txt"));
  CHECK(fs::is_symlink(workspace.path("second.txt")));
  CHECK(fs::is_symlink(workspace.path("link.txt")));
  CHECK_FALSE(fs::is_symlink(workspace.path("folder/real.txt")));
  CHECK(workspace.read("folder/real.txt") == labels_text());
  CHECK(workspace.files() == Names{"folder", "line.json", "link.txt", "scores.csv", "second.txt"});
}

TEST_CASE("output: through a link to a file that does not exist yet the file is made and the link kept") {
  const WithLine workspace;
  fs::create_symlink("new.txt", workspace.path("link.txt"));
  check_success(workspace.run("apply line.json scores.csv -o link.txt"));
  CHECK(fs::is_symlink(workspace.path("link.txt")));
  CHECK(workspace.files() == Names{"line.json", "link.txt", "new.txt", "scores.csv"});
  CHECK(workspace.read("link.txt") == labels_text());
}

TEST_CASE("output: a replaced file keeps its permissions") {
  const WithLine workspace;
  workspace.write("labels.txt", "old");
  const fs::perms own = fs::perms::owner_read | fs::perms::owner_write;
  // Those too that the umask would take from a new file.
  for (const fs::perms kept :
       {own, own | fs::perms::group_read | fs::perms::group_write, own | fs::perms::owner_exec}) {
    fs::permissions(workspace.path("labels.txt"), kept);
    check_success(workspace.run("apply line.json scores.csv -o labels.txt", {}, {}, "umask 0077"));
    CHECK(fs::status(workspace.path("labels.txt")).permissions() == kept);
  }
}

TEST_CASE("output: a new file has the permissions that the umask leaves") {
  const WithLine workspace;
  const fs::perms group = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
  for (const auto& [mask, expected] :
       {std::pair("0022", group | fs::perms::others_read),
        {"0027", group},
        {"0000", group | fs::perms::group_write | fs::perms::others_read | fs::perms::others_write}}) {
    INFO(mask);
    const std::string name = std::string("labels") + mask + ".txt";
    check_success(workspace.run("apply line.json scores.csv -o " + name, {}, {}, std::string("umask ") + mask));
    CHECK(fs::status(workspace.path(name)).permissions() == expected);
  }
}

TEST_CASE("output: to standard output goes the file and nothing else") {
  const WithLine workspace;
  const Outcome fit = workspace.run("fit scores.csv --method manual --value 18 -o -");
  check_success(fit);
  CHECK(fit.out == workspace.read("line.json"));
  const Outcome apply = workspace.run("apply line.json scores.csv -o -");
  check_success(apply);
  CHECK(apply.out == labels_text());
  CHECK(workspace.files() == Names{"line.json", "scores.csv"});
}

TEST_CASE("output: a threshold can be piped into apply") {
  const WithLine workspace;
  const Outcome fit = workspace.run("fit - --method maximum -o -", "1\n2\n");
  check_success(fit);
  const Outcome apply = workspace.run("apply - scores.csv -o -", fit.out);
  check_success(apply);
  std::string expected = "0\n0\n";
  for (int i = 3; i <= 19; ++i) expected += "1\n";
  CHECK(apply.out == expected);
}

TEST_CASE("output: to /dev/stdout that is a pipe") {
  const WithLine workspace;
  const Outcome fit = workspace.run("fit scores.csv --method manual --value 18 -o /dev/stdout");
  check_success(fit);
  CHECK(fit.out.starts_with(workspace.read("line.json")));
  const Outcome apply = workspace.run("apply line.json scores.csv -o /dev/stdout");
  check_success(apply);
  CHECK(apply.out.starts_with(labels_text()));
}

TEST_CASE("output: to /dev/stdout that is a file") {
  const WithLine workspace;
  check_success(workspace.run("apply line.json scores.csv -o /dev/stdout", {}, "> new.txt"));
  CHECK(workspace.read("new.txt").starts_with(labels_text()));
  workspace.write("log.txt", "what was there\n");
  check_success(workspace.run("apply line.json scores.csv -o /dev/stdout", {}, ">> log.txt"));
  CHECK(workspace.read("log.txt").starts_with("what was there\n" + labels_text()));
}

TEST_CASE("output: where nothing can be written the status is 2 and the path is named") {
  const WithLine workspace;
  fs::create_directory(workspace.path("folder"));
  const auto files = workspace.files();
  for (const std::string bad : {"missing/out.npy", "folder", "folder/", "scores.csv/out.npy"}) {
    for (const std::string command : {"fit scores.csv", "apply line.json scores.csv"}) {
      const Outcome outcome = workspace.run(command + " -o " + bad);
      check_refused(outcome, 2, {"plimsoll: " + bad});
      CHECK(workspace.files() == files);
      CHECK(fs::is_empty(workspace.path("folder")));
    }
  }
  CHECK(workspace.read("scores.csv") == count_to(19));
}

TEST_CASE("output: a message about a path that cannot be written has the path as it was given") {
  const WithLine workspace;
  check_refused(workspace.run("fit scores.csv -o missing/line.json"), 2, {"plimsoll: missing/line.json: cannot"});
}

TEST_CASE("output: a name may be as long as the file system has it") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(30));
  const std::string name = std::string(250, 'a') + ".json";
  check_success(workspace.run("fit scores.csv -o " + name));
  CHECK(workspace.files() == std::vector<std::string>{name, "scores.csv"});
  check_refused(workspace.run("fit scores.csv -o a" + name), 2, {"File name too long"});
}

TEST_CASE("output: two outputs of a command are not one file") {
  const WithLine workspace;
  std::vector<double> pixels(20 * 4);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>(i);
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {20, 2, 2}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  check_refused(workspace.run("apply cal.json maps.npy -o same.npy --regions same.npy"), 2,
                {"-o same.npy and --regions same.npy are one file"});
  CHECK_FALSE(fs::exists(workspace.path("same.npy")));
  // A flag is no file, whatever it is set to.
  check_success(workspace.run("fit scores.csv --contamination -o true"));
  CHECK(fs::exists(workspace.path("true")));
}

TEST_CASE("output: what a command reads it does not replace") {
  const WithLine workspace;
  workspace.write("labelled.csv", "score,label\n0,0\n100,1\n0,0\n100,1\n");
  fs::create_symlink("scores.csv", workspace.path("link.csv"));
  fs::create_directory(workspace.path("folder"));
  std::vector<double> pixels(20 * 4);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>(i);
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {20, 2, 2}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  check_success(workspace.run("collect scores.csv -o a.state"));
  const auto contents = [&] {
    std::vector<std::string> all = workspace.files();
    for (const std::string& name : workspace.files()) {
      if (fs::is_regular_file(workspace.path(name))) all.push_back(workspace.read(name));
    }
    return all;
  };
  const std::vector<std::string> before = contents();
  struct Case {
    std::string command;
    std::string said;
  };
  for (const Case& test : std::vector<Case>{
           {"fit scores.csv -o scores.csv", "-o scores.csv and SCORES scores.csv are one file"},
           {"fit scores.csv -o folder/../scores.csv", "-o folder/../scores.csv and SCORES scores.csv are one file"},
           {"fit --normal scores.csv --normal link.csv -o link.csv",
            "-o link.csv and --normal scores.csv are one file"},
           {"fit --maps maps.npy -o maps.npy", "-o maps.npy and --maps maps.npy are one file"},
           {"fit --from-state a.state -o a.state", "-o a.state and --from-state a.state are one file"},
           {"collect scores.csv -o scores.csv", "-o scores.csv and SCORES scores.csv are one file"},
           {"apply line.json scores.csv -o scores.csv", "-o scores.csv and SCORES scores.csv are one file"},
           {"apply line.json scores.csv -o line.json", "-o line.json and THRESHOLD line.json are one file"},
           {"apply line.json scores.csv --labels labelled.csv -o labelled.csv",
            "-o labelled.csv and --labels labelled.csv are one file"},
           {"apply cal.json maps.npy --regions maps.npy", "--regions maps.npy and SCORES maps.npy are one file"},
           {"export --cpp line.json -o line.json", "-o line.json and FILE line.json are one file"},
           {"report line.json --normal scores.csv -o scores.csv", "-o scores.csv and --normal scores.csv are one file"},
           {"tune scores.csv --method mad --record scores.csv",
            "--record scores.csv and NORMAL scores.csv are one file"}}) {
    INFO(test.command);
    check_refused(workspace.run(test.command), 2, {test.said});
  }
  CHECK(contents() == before);
  // A word that is also a file's name is no file, and what can be read but once is not lost.
  workspace.write("json", "");
  check_success(workspace.run("fit scores.csv --format json -o json"));
  check_refused(workspace.run("fit /dev/null -o /dev/null"), 2, {"/dev/null: is empty"});
  check_success(workspace.run("fit - -o -", count_to(19)));
}

TEST_CASE("output: links that lead nowhere are not replaced") {
  const WithLine workspace;
  fs::create_symlink("b.json", workspace.path("a.json"));
  fs::create_symlink("a.json", workspace.path("b.json"));
  check_refused(workspace.run("fit scores.csv -o a.json"), 2, {"a.json: cannot write"});
  CHECK(fs::is_symlink(workspace.path("a.json")));
  CHECK(fs::is_symlink(workspace.path("b.json")));
}

TEST_CASE("output: a folder without permission to write") {
  if (::geteuid() == 0) return;  // root may write everywhere
  const WithLine workspace;
  fs::create_directory(workspace.path("folder"));
  fs::permissions(workspace.path("folder"), fs::perms::owner_read | fs::perms::owner_exec);
  check_refused(workspace.run("fit scores.csv -o folder/line.json"), 2, {"folder/line.json"});
  CHECK(fs::is_empty(workspace.path("folder")));
  fs::permissions(workspace.path("folder"), fs::perms::owner_all);
}

TEST_CASE("output: a full disk is noticed") {
  if (!fs::exists("/dev/full")) return;
  const WithLine workspace;
  for (const std::string command : {"fit scores.csv -o /dev/full", "apply line.json scores.csv -o /dev/full"}) {
    check_refused(workspace.run(command), 2, {"/dev/full: cannot write"});
  }
  for (const std::string command : {"fit scores.csv -o -", "apply line.json scores.csv -o -"}) {
    check_refused(workspace.run(command, {}, "> /dev/full"), 2, {"standard output"});
  }
}

TEST_CASE("output: a full disk under standard output is noticed") {
  if (!fs::exists("/dev/full")) return;
  const WithLine workspace;
  workspace.write("labels.csv", labels_text());
  for (const std::string command :
       {"fit scores.csv", "fit scores.csv --format json", "apply line.json scores.csv",
        "apply line.json scores.csv --format csv", "methods", "methods --format json",
        "evaluate scores.csv scores.csv --labels labels.csv --format csv", "--help", "--version"}) {
    check_refused(workspace.run(command, {}, "> /dev/full"), 2, {"standard output"});
  }
}

TEST_CASE("output: where standard error cannot be written the status is the same") {
  if (!fs::exists("/dev/full")) return;
  const WithLine workspace;
  for (const std::string nowhere : {"2> /dev/full", "2>&-"}) {
    INFO(nowhere);
    CHECK(workspace.run("fit missing.csv", {}, nowhere).status == 2);
    CHECK(workspace.run("fit", {}, nowhere).status == 2);
    CHECK(workspace.run("fit - --method sigma", "1\n", nowhere).status == 1);  // no spread
    CHECK(workspace.run("fit scores.csv -o line.json", {}, nowhere).status == 0);
  }
}

TEST_CASE(
    "output: where nobody reads standard error the work goes on, and of standard output it ends as by the signal") {
  const WithLine workspace;
  write_maps(workspace);
  // A pipe of which the end that is read is closed.
  const std::string unread = "rm -f pipe && mkfifo pipe && exec 8<> pipe && exec 9> pipe && exec 8>&-";
  CHECK(workspace.run("fit missing.csv", {}, "2>&9", unread).status == 2);
  CHECK(workspace.run("fit", {}, "2>&9", unread).status == 2);
  CHECK(workspace.run("fit - --method sigma", "1\n", "2>&9", unread).status == 1);
  // Maps that come so slowly that progress is told meanwhile.
  workspace.write("slowly.sh", "head -c 5000 maps.npy; sleep 1.3; tail -c +5001 maps.npy\n");
  const std::string slowly = " && mkfifo slow && (sh slowly.sh > slow 9>&- &)";
  CHECK(workspace.run("apply map.json slow -o again.npy", {}, "2>&9", unread + slowly).status == 0);
  CHECK(workspace.read("again.npy") == workspace.read("masks.npy"));
  // The status of whoever dies of a signal, as the shell says it; what was begun is finished or removed.
  workspace.write("status", "");
  const Names before = workspace.files();
  for (const std::string command :
       {"methods", "--help", "fit scores.csv -o other.json", "apply line.json scores.csv"}) {
    INFO(command);
    static_cast<void>(workspace.run(command, {}, ">&9; echo $? > status", unread));
    CHECK(workspace.read("status") == std::to_string(128 + SIGPIPE) + "\n");
  }
  Names after = before;
  after.push_back("other.json");
  CHECK(Names(workspace.files()) == sorted(after));
  // Where the signal is ignored, as some parents have it, there is a message.
  const Outcome ignored = workspace.run("methods", {}, ">&9", "trap '' PIPE && " + unread);
  check_refused(ignored, 2, {"standard output"});
}

TEST_CASE("output: the file that is written does not take the place of a stream that is closed") {
  const WithLine workspace;
  write_maps(workspace);
  // Maps that come so slowly that progress is told while masks are written.
  workspace.write("slowly.sh", "head -c 5000 maps.npy; sleep 1.3; tail -c +5001 maps.npy\n");
  const std::string slowly = "rm -f pipe && mkfifo pipe && (sh slowly.sh > pipe &)";
  CHECK(workspace.run("apply map.json - -o again.npy", {}, "< pipe 2>&-", slowly).status == 0);
  CHECK(workspace.read("again.npy") == workspace.read("masks.npy"));
  CHECK(workspace.run("apply map.json - -o third.npy", {}, "< pipe >&- 2>&-", slowly).status == 2);
  CHECK(workspace.read("third.npy") == workspace.read("masks.npy"));
  CHECK(workspace.run("apply map.json - -o fourth.npy", {}, "<&- 2>&-").status == 2);
  CHECK_FALSE(fs::exists(workspace.path("fourth.npy")));
}

TEST_CASE("output: a file name that is not UTF-8") {
  const WithLine workspace;
  workspace.write("\xe4.csv", count_to(19));
  workspace.write("labels.csv", labels_text());
  check_success(workspace.run("apply line.json \xe4.csv"));
  const auto applied = json_of(workspace.run("apply line.json \xe4.csv --format json -o labels.npy"));
  CHECK(applied.at("anomalous") == 2);
  const auto judged = json_of(workspace.run("evaluate \xe4.csv \xe4.csv --labels labels.csv --format json"));
  CHECK(judged.at("auroc") == 1);
}

TEST_CASE("output: after a second of reading a line tells how far it has come, where no terminal is") {
  const WithLine workspace;
  write_maps(workspace);
  // Maps that come so slowly that progress is told meanwhile: how many numbers were read, as a pipe has no known
  // length.
  workspace.write("slowly.sh", "head -c 5000 maps.npy; sleep 1.3; tail -c +5001 maps.npy\n");
  const std::string slowly = "mkfifo slow && (sh slowly.sh > slow &)";
  CHECK(workspace.run("apply map.json slow -o again.npy", {}, "2> told", slowly).status == 0);
  const Names told = lines_of(workspace.read("told"));
  REQUIRE_FALSE(told.empty());
  for (const std::string& line : told) {
    INFO(line);
    const std::string begin = "reading slow: ";
    REQUIRE(line.starts_with(begin));
    const std::string count = line.substr(begin.size());
    CHECK(count.find_first_not_of("0123456789") == std::string::npos);
    CHECK(std::stoul(count) % 144 == 0);  // whole maps
    CHECK(std::stoul(count) <= 2880);
  }
  CHECK(workspace.read("told").ends_with("\n"));
}
