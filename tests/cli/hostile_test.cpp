// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

struct Hostile {
  std::string what;
  std::string bytes;
  std::string mention;
};

/// 24 bytes: three doubles.
std::string three() {
  return item_of(1, "<f8") + item_of(2, "<f8") + item_of(3, "<f8");
}

std::string with_header(const std::string& header) {
  return npy_of(header, three());
}

std::string with_type(const std::string& type) {
  return with_header(npy_header(type, "(3,)"));
}

std::string with_shape(const std::string& shape) {
  return with_header(npy_header("'<f8'", shape));
}

/// The magic, a version and a header length, as given.
std::string preamble(int major, const std::string& length) {
  return std::string("\x93NUMPY") + static_cast<char>(major) + '\0' + length;
}

/// Files that are no arrays at all, or lie about themselves.
std::vector<Hostile> broken_arrays() {
  const std::string whole = with_shape("(3,)");
  const std::string twice = "(4294967296, 4294967296)";
  return {
      {"the first byte alone", "\x93", "its magic number"},
      {"half the magic", "\x93NUM", "its magic number"},
      {"magic without a version", "\x93NUMPY", "its magic number"},
      {"wrong magic", "\x93NUMPI\x01" + whole.substr(7), "magic number is wrong"},
      {"no header length", preamble(1, ""), "the length of its header"},
      {"half a header length", preamble(1, "v"), "the length of its header"},
      {"half a header length of version 2", preamble(2, std::string("v\0\0", 3)), "the length of its header"},
      {"half a header", whole.substr(0, 60), "its header"},
      {"a header length of 0", preamble(1, std::string(2, '\0')) + three(), "header"},
      {"a header of 4 GiB", preamble(2, "\xff\xff\xff\xff") + three(), "header"},
      {"version 0", npy_of(npy_header("'<f8'", "(3,)"), three(), 0), "version is 0, known are 1, 2 and 3"},
      {"version 4", npy_of(npy_header("'<f8'", "(3,)"), three(), 4), "version is 4"},
      {"version 255", npy_of(npy_header("'<f8'", "(3,)"), three(), 255), "version is 255"},
      {"no data", npy_of(npy_header("'<f8'", "(3,)"), ""), "data"},
      {"data a byte short", whole.substr(0, whole.size() - 1), "data"},
      {"a byte too many", whole + "x", "its header claims 24 bytes of data, and 25 follow"},
      {"an item too many", whole + whole.substr(whole.size() - 8), "claims 24 bytes of data, and 32 follow"},
      {"2^60 items", with_shape("(1152921504606846976,)"), ""},
      {"2^60 items of a map", with_shape("(1073741824, 1073741824)"), ""},
      {"2^63 items", with_shape("(9223372036854775808,)"), ""},
      {"2^64 items", with_shape("(18446744073709551616,)"), ""},
      {"a product of 2^64", with_shape(twice), "too large for any memory"},
      {"a product of 2^64, and no data", npy_of(npy_header("'<f8'", twice), ""), "too large for any memory"},
      {"a product of 2^64 and 3", with_shape("(4294967296, 4294967296, 3)"), "too large for any memory"},
      {"a product that wraps around to 3", with_shape("(7378697629483820647, 5, 1)"), "too large for any memory"},
      {"a negative extent", with_shape("(-3,)"), "malformed"},
      {"two negative extents", with_shape("(-1, -3)"), "malformed"},
      {"a fraction as an extent", with_shape("(3.0,)"), "malformed"},
      {"a word as an extent", with_shape("('3',)"), "malformed"},
      {"a list as shape", with_shape("[3]"), "malformed"},
      {"extents without a comma", with_shape("(1 3)"), "malformed"},
      {"keys without a comma", with_header("{'descr': '<f8' 'fortran_order': False, 'shape': (3,), }"), "malformed"},
      {"a key without a colon", with_header("{'descr' '<f8', 'fortran_order': False, 'shape': (3,), }"), "malformed"},
      {"quotes that differ", with_header("{'descr\": '<f8', 'fortran_order': False, 'shape': (3,), }"), ""},
      {"a number as shape", with_shape("3"), "malformed"},
      {"a structured type", with_type("[('a', '<f4'), ('b', '<f4')]"), "structured"},
      {"objects", with_type("'|O'"), "'|O'"},
      {"complex numbers", with_type("'<c8'"), "'<c8'"},
      {"long complex numbers", with_type("'<c16'"), "'<c16'"},
      {"long doubles", with_type("'<f16'"), "'<f16'"},
      {"texts", with_type("'<U2'"), "'<U2'"},
      {"bytes", with_type("'|S8'"), "'|S8'"},
      {"void", with_type("'|V8'"), "'|V8'"},
      {"dates", with_type("'<M8[ns]'"), "'<M8[ns]'"},
      {"a type without a letter", with_type("'<'"), "dtype"},
      {"no type", with_type("''"), "dtype"},
      {"an unknown byte order", with_type("'?f8'"), "dtype"},
      {"a type with line breaks", with_type("'<f8\n\r\x1b[31m'"), "dtype"},
      {"a type that is a number", with_type("8"), "malformed"},
      {"no dictionary", with_header("hello"), "malformed"},
      {"a dictionary that is not closed", with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), "), ""},
      {"text behind the dictionary", with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), } x\n"),
       "malformed"},
      {"a text that is not closed", with_header("{'descr': '<f8, "), "malformed"},
      {"an empty dictionary", with_header("{}"), "lacks"},
      {"no descr", with_header("{'fortran_order': False, 'shape': (3,), }"), "lacks"},
      {"no order", with_header("{'descr': '<f8', 'shape': (3,), }"), "lacks"},
      {"no shape", with_header("{'descr': '<f8', 'fortran_order': False, }"), "lacks"},
      {"an unknown key", with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1, }"), "'x'"},
      {"an order that is no truth value", with_header("{'descr': '<f8', 'fortran_order': 1, 'shape': (3,), }"), ""},
      {"zeros for a header", with_header(std::string(60, '\0')), "malformed"},
  };
}

/// Sound arrays that are no scores.
std::vector<Hostile> no_scores() {
  return {
      {"integers", npy({1, 2, 3}, {.type = "<i4"}), "integers"},
      {"bytes", npy({1, 0, 1}, {.type = "|u1"}), "integers"},
      {"booleans", npy({1, 0, 1}, {.type = "|b1"}), "booleans"},
      {"four dimensions", npy({1, 2, 3}, {.type = "<f4", .shape = {1, 1, 1, 3}}), "4 dimensions"},
      {"no dimension", npy_of(npy_header("'<f8'", "()"), item_of(1, "<f8")), "0 dimensions"},
  };
}

}  // namespace

TEST_CASE("hostile: broken arrays are refused as scores") {
  const Workspace workspace;
  for (const auto& list : {broken_arrays(), no_scores()}) {
    for (const Hostile& hostile : list) {
      INFO(hostile.what);
      workspace.write("scores.npy", hostile.bytes);
      check_refused(workspace.run("fit scores.npy --method maximum -o line.json"), 2,
                    {"plimsoll: scores.npy: ", hostile.mention});
      CHECK(workspace.files() == std::vector<std::string>{"scores.npy"});
    }
  }
}

TEST_CASE("hostile: broken arrays are refused on standard input where their length is unknown") {
  const Workspace workspace;
  for (const auto& list : {broken_arrays(), no_scores()}) {
    for (const Hostile& hostile : list) {
      INFO(hostile.what);
      check_refused(workspace.run("fit - --method maximum -o line.json", hostile.bytes), 2,
                    {"plimsoll: standard input: "});
      CHECK(workspace.files().empty());
    }
  }
}

TEST_CASE("hostile: maps on standard input are not named before they come") {
  const Workspace workspace;
  std::vector<double> maps;
  for (int i = 0; i < 30; ++i) maps.insert(maps.end(), {1.0 + i, 2.0, 3.5, 1.5 * i});
  workspace.write("normal.npy", npy(maps, {.type = "<f4", .shape = {30, 2, 2}}));
  check_success(workspace.run("fit --maps normal.npy -o cal.json"));
  // 2^40 maps of one pixel, of which two come.
  const std::string claimed = npy_of(npy_header("'<f4'", "(1099511627776, 1, 1)"), std::string(8, '\0'));
  check_refused(workspace.run("apply cal.json -", claimed), 2, {"plimsoll: standard input: claims 1099511627776 maps"});
  // 2^17 are taken, if they come.
  const auto of = [](const std::string& count) {
    return npy_of(npy_header("'<f4'", "(" + count + ", 1, 1)"), std::string(8, '\0'));
  };
  check_refused(workspace.run("apply cal.json -", of("131073")), 2, {"claims 131073 maps", "at most 131072"});
  check_refused(workspace.run("apply cal.json -", of("131072")), 2, {"standard input: ", "it ends within its data"});
}

TEST_CASE("hostile: a header of .npy has 65536 bytes at most") {
  const Workspace workspace;
  const auto with_blanks = [](std::size_t size) {
    std::string header = npy_header("'<f8'", "(3,)");
    header.resize(size - 1, ' ');  // and the line's end
    const auto length = static_cast<std::uint32_t>(size);
    std::string bytes = preamble(2, {});
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(length >> 8 * i & 0xff);
    return bytes + header + "\n" + three();
  };
  workspace.write("most.npy", with_blanks(65536));
  CHECK(scores_read(workspace, "most.npy") == std::vector<double>{1, 2, 3});
  workspace.write("more.npy", with_blanks(65537));
  check_refused(workspace.run("fit more.npy --method maximum"), 2, {"more.npy: ", "its header claims 65537 bytes"});
}

TEST_CASE("hostile: broken arrays are refused as labels") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  check_success(workspace.run("fit scores.csv --method manual -o line.json"));
  workspace.write("labels.npy", "");
  const auto files = workspace.files();
  const std::vector<Hostile> all = broken_arrays();
  for (std::size_t i = 0; i < all.size(); i += 4) {  // a sample, for the header is read as that of scores
    const Hostile& hostile = all[i];
    INFO(hostile.what);
    workspace.write("labels.npy", hostile.bytes);
    check_refused(workspace.run("apply line.json scores.csv --labels labels.npy -o out.npy"), 2,
                  {"plimsoll: labels.npy: "});
    CHECK(workspace.files() == files);
  }
}

TEST_CASE("hostile: a message on labels does not call them scores") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  workspace.write("labels.npy", with_type("'|O'"));
  const Outcome outcome = workspace.run("fit scores.csv --method f1 --labels labels.npy");
  check_refused(outcome, 2, {"labels.npy"});
  CHECK(outcome.err.find("file of scores") == std::string::npos);
}

TEST_CASE("hostile: what is no file of numbers is refused wherever it is given") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  workspace.write("labels.csv", "0\n0\n1\n");
  workspace.write("empty", "");
  std::filesystem::create_directory(workspace.path("folder"));
  check_success(workspace.run("fit scores.csv --method manual -o line.json"));
  const auto files = workspace.files();
  for (const std::string bad : {"empty", "folder", "missing", "no/such/file", "scores.csv/x"}) {
    INFO(bad);
    for (const std::string& command :
         {"fit " + bad + " -o new.json", "fit scores.csv --method f1 --labels " + bad + " -o new.json",
          "fit scores.csv --method f1 --anomalous " + bad + " -o new.json", "apply " + bad + " scores.csv -o new.npy",
          "apply line.json " + bad + " -o new.npy", "apply line.json scores.csv --labels " + bad + " -o new.npy",
          "evaluate " + bad + " scores.csv --labels labels.csv", "evaluate scores.csv " + bad + " --labels labels.csv",
          "evaluate scores.csv scores.csv --labels " + bad}) {
      check_refused(workspace.run(command), 2, {"plimsoll: " + bad + ": "});
    }
    CHECK(workspace.files() == files);
  }
  check_refused(workspace.run("fit -"), 2, {"standard input: is empty"});
  check_refused(workspace.run("apply line.json -"), 2, {"standard input: is empty"});
  check_refused(workspace.run("apply - scores.csv"), 2, {"standard input: "});
  check_refused(workspace.run("fit ''"), 2, {"plimsoll: "});
}

TEST_CASE("hostile: names of files do not reach the terminal as they are") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("maps"));
  const std::string name = "q\x1b[31m\nERR\xc2\x9b";
  workspace.write("maps/" + name + ".npy", npy({1, 2, 3}, {.type = "<f4"}));
  check_refused(workspace.run("fit --maps maps"), 2, {"maps/q?[31m?ERR??.npy: holds plain scores"});
  workspace.write("maps/" + name + ".npy", npy({1, 2, 3, 1000}, {.type = "<f4", .shape = {2, 2}}));
  std::vector<double> pixels(20 * 4);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>(i);
  workspace.write("more.npy", npy(pixels, {.type = "<f4", .shape = {20, 2, 2}}));
  check_success(workspace.run("fit --maps more.npy -o cal.json"));
  const Outcome outcome = workspace.run("apply cal.json maps");
  check_success(outcome);
  CHECK(outcome.out.find("q?[31m?ERR??") != std::string::npos);
  CHECK(outcome.out.find('\x1b') == std::string::npos);
}

TEST_CASE("hostile: files of other programs are refused in one line") {
  const Workspace workspace;
  const std::vector<std::pair<std::string, std::string>> all{
      {"x.npz", std::string("PK\x03\x04-\0\0\0\0\0!\0", 12) + with_shape("(3,)") + "\n\n1,2\n"},
      {"x.png", "\x89PNG\r\n\x1a\n" + std::string(200, '\0')},
      {"x.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) + std::string(100, '\xfe')},
      {"x.json", "{\n  \"scores\": [1, 2, 3]\n}\n"},
      {"x.txt", "0.1 0.2\n0.3 0.4\n"},
      {"x.utf16", std::string("\xff\xfe"
                              "1\0\n\0"
                              "2\0\n\0",
                              10)},
  };
  for (const auto& [name, bytes] : all) {
    workspace.write(name, bytes);
    const Outcome outcome = workspace.run("fit " + name + " --method maximum");
    INFO(outcome.err);
    INFO(outcome.out);
    CHECK(outcome.status != 0);
    CHECK(outcome.out == "");
    CHECK(lines_of(outcome.err).size() == 1);
  }
}

TEST_CASE("hostile: a folder that is called - is not taken for standard input") {
  const Workspace workspace;
  std::filesystem::create_directory(workspace.path("-"));
  workspace.write("-/a.npy", npy({1, 2, 3, 4}, {.type = "<f4", .shape = {2, 2}}));
  CHECK(scores_read(workspace, "-", "5\n6\n") == std::vector<double>{5, 6});
  workspace.write("scores.csv", "1\n2\n");
  const auto json = json_of(workspace.run("fit scores.csv --labels - --method f1 --format json", "0\n1\n"));
  CHECK(json.at("counts") == counts_of(1, 1, 0));
}
