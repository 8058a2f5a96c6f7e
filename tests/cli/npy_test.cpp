// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("npy: every float type in either byte order is read exactly") {
  const Workspace workspace;
  const std::vector<double> halves{0.0,         -0.0,      1.0,         -2.5,   0x1p-24,
                                   -0x1.ffp-15, 0x1p-14,   65504,       -65504, 0.333251953125,
                                   infinity,    -infinity, std::nan("")};
  const std::vector<double> floats{0.0,       -0.0,          0x1p-149, 0x1.fffffcp-127, 0x1.fffffep127,
                                   -0x1.8p-3, 0x1.99999ap-4, 16777216, infinity,        std::nan("")};
  const std::vector<double> doubles{
      0.1,  5e-324,    -5e-324,     2.2250738585072014e-308, 1.7976931348623157e308, 1.0 / 3, 9007199254740993.0,
      -0.0, -infinity, std::nan("")};
  for (const auto& [kind, values] : {std::pair{"f2", halves}, std::pair{"f4", floats}, std::pair{"f8", doubles}}) {
    for (const std::string order : {"<", ">"}) {
      for (const int version : {1, 2, 3}) {
        const std::string bytes = npy(values, {.type = order + kind, .version = version});
        INFO(order << kind << ", version " << version);
        workspace.write("scores.npy", bytes);
        CHECK(same(scores_read(workspace, "scores.npy"), values));
        if (version == 1) CHECK(same(scores_read(workspace, "-", bytes), values));
      }
    }
  }
}

TEST_CASE("npy: C and Fortran order of one and two and three dimensions are read alike") {
  const Workspace workspace;
  std::vector<double> values;
  for (int i = 0; i < 24; ++i) values.push_back(i);
  using Shape = std::vector<std::size_t>;
  for (const Shape& shape : {Shape{24}, Shape{4, 6}, Shape{24, 1}, Shape{1, 24}, Shape{2, 3, 4}, Shape{4, 1, 6}}) {
    for (const bool fortran : {false, true}) {
      for (const std::string type : {"<f4", ">f8"}) {
        const std::string bytes = npy(values, {.type = type, .shape = shape, .fortran = fortran});
        workspace.write("scores.npy", bytes);
        INFO(type << ", " << shape.size() << " dimensions" << (fortran ? ", Fortran order" : ""));
        CHECK(same(scores_read(workspace, "scores.npy"), values));
        if (type == "<f4") CHECK(same(scores_read(workspace, "-", bytes), values));
      }
    }
  }
}

TEST_CASE("npy: headers as other programs write them are read") {
  const Workspace workspace;
  const std::string data = item_of(1.5, "<f8") + item_of(-2, "<f8");
  for (const std::string header : {
           "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
           "{\"descr\": \"<f8\", \"fortran_order\": False, \"shape\": (2,)}",
           "{'shape': (2,), 'fortran_order': True, 'descr': '<f8'}",
           "{ 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 2 , ) , }",
           "{'descr':'<f8','fortran_order':False,'shape':(2,)}",
           "{'descr': '=f8', 'fortran_order': False, 'shape': (2,), }",  // this machine's order
           "\t{'descr': '<f8', 'fortran_order':\r\n False, 'shape': (2,), }\t\r",
       }) {
    INFO(header);
    workspace.write("scores.npy", npy_of(header, data));
    CHECK(same(scores_read(workspace, "scores.npy"), {1.5, -2}));
  }
  // Not padded: NumPy before 1.14 aligned to 16 bytes, others not at all.
  workspace.write("scores.npy", std::string("\x93NUMPY\x01\x00", 8) + '\x39' + '\x00' +
                                    "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }" + data);
  CHECK(same(scores_read(workspace, "scores.npy"), {1.5, -2}));
}

TEST_CASE("npy: files without a score are read as such") {
  const Workspace workspace;
  workspace.write("empty.npy", npy({}, {.type = "<f4"}));
  CHECK(scores_read(workspace, "empty.npy").empty());
  check_success(workspace.run("apply .line empty.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{0}, {}});
  check_success(workspace.run("apply .line empty.npy -o labels.txt"));
  CHECK(workspace.read("labels.txt").empty());
  workspace.write("empty.npy", npy({}, {.type = "<f4", .shape = {0, 2, 2}}));
  CHECK(scores_read(workspace, "empty.npy").empty());
}

TEST_CASE("npy: a long file is read whole") {
  const Workspace workspace;
  std::vector<double> values;
  for (int i = 0; i < 600'000; ++i) values.push_back(i);
  workspace.write("scores.npy", npy(values, {.type = "<f4"}));
  check_success(workspace.run("fit scores.npy --method manual --value 262143 -o line.json"));
  check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
  std::vector<int> expected(600'000, 1);
  std::fill(expected.begin(), expected.begin() + 262'143, 0);
  CHECK((npy_bytes(workspace.read("labels.npy")) == NpyBytes{{600'000}, expected}));
  workspace.write("labels.txt", "");
  check_success(workspace.run("apply line.json - -o labels.txt", workspace.read("scores.npy")));
  CHECK(workspace.read("labels.txt").size() == 1'200'000);
}

TEST_CASE("npy: labels may be booleans or integers or floats or masks of 0 and 255") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n4\n5\n6\n");
  check_success(workspace.run("fit scores.csv --method manual --value 2.5 -o line.json"));
  const std::vector<double> truth{0, 1, 0, 1, 1, 0};
  const nlohmann::json counts{{"caught", 2}, {"missed", 1}, {"false_alarms", 2}, {"passed", 1}};
  const auto judged = [&] {
    return json_of(workspace.run("apply line.json scores.csv --labels y.npy --format json")).at("metrics").at("counts");
  };
  for (const std::string type : {"|b1", "|u1", "|i1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4",
                                 "<i8", ">i8", "<u8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"}) {
    INFO(type);
    workspace.write("y.npy", npy(truth, {.type = type, .version = type == "|b1" ? 2 : 1}));
    CHECK(judged() == counts);
  }
  std::vector<double> mask = truth;
  for (double& pixel : mask) pixel *= 255;
  for (const std::string type : {"|u1", "<i4", "<f4"}) {
    INFO(type);
    workspace.write("y.npy", npy(mask, {.type = type}));
    CHECK(judged() == counts);
  }
  const auto json =
      json_of(workspace.run("apply line.json scores.csv --labels - --format json", npy(truth, {.type = "<i8"})));
  CHECK(json.at("metrics").at("counts") == counts);
}

TEST_CASE("npy: numbers that are no labels are refused with their position") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  check_success(workspace.run("fit scores.csv --method manual --value 2.5 -o line.json"));
  const std::vector<std::pair<std::vector<double>, std::string>> all{
      {{0, 1, 2}, "<i8"},   {{0, 1, -1}, "<i4"},           {{0, 1, 255}, "|u1"},
      {{0, 1, 0.5}, "<f4"}, {{0, 1, std::nan("")}, "<f4"}, {{1, 0, infinity}, "<f8"},
      {{0, 1, 256}, "<u2"}, {{0, -1, 0}, "|i1"},           {{0, -1, 0}, "<i2"},
      {{0, -1, 0}, "<i8"}};
  for (const auto& [labels, type] : all) {
    INFO(type);
    workspace.write("y.npy", npy(labels, {.type = type}));
    for (const std::string command : {"apply line.json scores.csv -o out.npy", "fit scores.csv --method f1 -o out.npy",
                                      "evaluate scores.csv scores.csv"}) {
      check_refused(workspace.run(command + " --labels y.npy"), 2, {"y.npy: ", "label"});
    }
  }
  workspace.write("y.npy", npy({0, 1, 7}, {.type = "<i8"}));
  check_refused(workspace.run("apply line.json scores.csv --labels y.npy"), 2, {"y.npy: label 2"});
  CHECK_FALSE(std::filesystem::exists(workspace.path("out.npy")));
}
