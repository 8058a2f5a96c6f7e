// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

using Json = nlohmann::ordered_json;

/// A workspace with scores.csv and a threshold file of f1, which has every field.
class WithThreshold : public Workspace {
 public:
  WithThreshold() {
    write("scores.csv", "score,label\n1,0\n2,0\n3,1\n");
    check_success(run("fit scores.csv --label-column label --method f1 -o line.json"));
    json = Json::parse(read("line.json"));
  }

  /// Applies the text as a threshold file.
  [[nodiscard]] Outcome apply(const std::string& text) const {
    write("edited.json", text);
    const Outcome outcome = run("apply edited.json scores.csv -o labels.npy");
    CHECK(std::filesystem::exists(path("labels.npy")) == (outcome.status == 0));
    std::filesystem::remove(path("labels.npy"));
    return outcome;
  }

  Json json;
};

/// A workspace with a threshold file of gpd, which has the fields that f1 does not.
class WithModel : public WithThreshold {
 public:
  WithModel() {
    check_success(run("fit " + example("bottle-knn/normal.npy") + " --method gpd -o line.json"));
    json = Json::parse(read("line.json"));
  }
};

/// Where all fields are that a reader needs. promise.text says the promise once more, for people.
const std::vector<std::string> all_fields{
    "/format",
    "/version",
    "/library_version",
    "/method",
    "/parameters",
    "/cutoff",
    "/cutoff_bits",
    "/score_type",
    "/direction",
    "/status",
    "/promise",
    "/promise/guarantee",
    "/promise/false_alarm_rate",
    "/promise/confidence",
    "/promise/normals",
    "/promise/normals_needed",
    "/promise/best_rate",
    "/counts",
    "/counts/normal",
    "/counts/anomalous",
    "/counts/skipped",
    "/optimum/objective",
    "/optimum/value",
    "/optimum/above",
    "/optimum/up_to",
    "/note",
};

Json without(const Json& json, const std::string& field) {
  const Json::json_pointer pointer(field);
  Json edited = json;
  edited[pointer.parent_pointer()].erase(pointer.back());
  return edited;
}

Json with(const Json& json, const std::string& field, Json value) {
  Json edited = json;
  edited[Json::json_pointer(field)] = std::move(value);
  return edited;
}

/// "promise.normals" of "/promise/normals".
std::string dotted(std::string field) {
  field.erase(0, 1);
  for (char& c : field) {
    if (c == '/') c = '.';
  }
  return field;
}

}  // namespace

TEST_CASE("threshold file: as written it is taken and so it is laid out anew") {
  const WithThreshold workspace;
  check_success(workspace.apply(workspace.read("line.json")));
  check_success(workspace.apply(workspace.json.dump()));
  check_success(workspace.apply(nlohmann::json::parse(workspace.read("line.json")).dump(8)));  // sorted by key
  // A later version may say more.
  check_success(workspace.apply(with(workspace.json, "/more", "of it").dump()));
  check_success(workspace.apply(without(workspace.json, "/optimum").dump()));
}

TEST_CASE("threshold file: what is no JSON is refused") {
  const WithThreshold workspace;
  const std::string whole = workspace.read("line.json");
  for (const std::string& text :
       {std::string("hello"), std::string("{"), whole.substr(0, whole.size() / 2), whole + "x",
        std::string("\x93NUMPY"), std::string("{'format': 'plimsoll-threshold'}"),
        std::string("{\"format\": \"\xff\"}"), std::string(1, '\0'), std::string("1\n2\n3\n"),
        std::string(100'000, '['), std::string("{\"a\": 1e}")}) {
    check_refused(workspace.apply(text), 2, {"plimsoll: edited.json: ", "JSON"});
  }
  check_refused(workspace.apply(""), 2, {"plimsoll: edited.json: "});
  check_refused(workspace.apply(std::string(2'000'000, ' ')), 2, {"plimsoll: edited.json: ", "megabyte"});
}

TEST_CASE("threshold file: another JSON file is refused") {
  const WithThreshold workspace;
  for (const std::string text : {"null", "true", "1", "\"plimsoll-threshold\"", "[]", "{}", "[{\"format\": 1}]"}) {
    check_refused(workspace.apply(text), 2, {"plimsoll: edited.json: ", "not a threshold file"});
  }
  check_refused(workspace.apply(with(workspace.json, "/format", "plimsoll").dump()), 2, {"edited.json", "format"});
  for (const Json& version : {Json(0), Json(2), Json(1000), Json(-1), Json(1.5), Json("1"), Json(nullptr)}) {
    check_refused(workspace.apply(with(workspace.json, "/version", version).dump()), 2, {"edited.json", "version"});
  }
}

TEST_CASE("threshold file: each field is needed") {
  const WithThreshold workspace;
  for (const std::string& field : all_fields) {
    INFO(field);
    REQUIRE(workspace.json.contains(Json::json_pointer(field)));
    check_refused(workspace.apply(without(workspace.json, field).dump()), 2,
                  {"plimsoll: edited.json: ", dotted(field) + " is missing"});
  }
}

TEST_CASE("threshold file: each field has its type") {
  const WithThreshold workspace;
  for (const std::string& field : all_fields) {
    INFO(field);
    const bool is_object = workspace.json[Json::json_pointer(field)].is_object();
    const bool is_text = workspace.json[Json::json_pointer(field)].is_string();
    std::vector<Json> wrong{Json(true), is_object ? Json::array({1}) : Json::object({{"a", 1}})};
    wrong.push_back(is_text ? Json(7) : Json("seven"));
    if (is_text || is_object) wrong.push_back(Json(nullptr));
    for (const Json& value : wrong) {
      check_refused(workspace.apply(with(workspace.json, field, value).dump()), 2, {"plimsoll: edited.json: "});
    }
  }
  for (const std::string field : {"/counts/normal", "/counts/skipped", "/promise/normals", "/version"}) {
    for (const Json& value : {Json(-1), Json(1.5), Json(1e30), Json(nullptr)}) {
      check_refused(workspace.apply(with(workspace.json, field, value).dump()), 2, {"edited.json", dotted(field)});
    }
  }
}

TEST_CASE("threshold file: unknown words are refused in one line") {
  const WithThreshold workspace;
  for (const std::string field : {"/score_type", "/direction", "/status", "/promise/guarantee"}) {
    for (const std::string word : {"maybe", "", "OK"}) {
      check_refused(workspace.apply(with(workspace.json, field, word).dump()), 2, {"edited.json", dotted(field)});
    }
  }
  check_refused(workspace.apply(with(workspace.json, "/parameters/objective", Json::array()).dump()), 2,
                {"edited.json", "parameters.objective"});
}

TEST_CASE("threshold file: unknown words with control characters are refused in one line") {
  const WithThreshold workspace;
  check_refused(workspace.apply(with(workspace.json, "/direction", "a\nb\x1b[31m").dump()), 2, {"edited.json"});
  const Outcome outcome = workspace.apply(with(workspace.json, "/status", "a\x1b[31m").dump());
  CHECK(outcome.err.find('\x1b') == std::string::npos);
  check_refused(workspace.apply(with(workspace.json, "/parameters/a\nb", true).dump()), 2, {"edited.json"});
}

TEST_CASE("threshold file: parameters that steer how scores are taken in are checked and the file is named") {
  const WithThreshold workspace;
  check_refused(workspace.apply(with(workspace.json, "/parameters/map_reduction", "some_pixels").dump()), 2,
                {"edited.json", "map_reduction"});
  check_refused(workspace.apply(with(workspace.json, "/parameters/top_share", 2).dump()), 2,
                {"edited.json", "top_share"});
  check_refused(workspace.apply(with(workspace.json, "/parameters/non_finite", nullptr).dump()), 2,
                {"edited.json", "non_finite"});
}

TEST_CASE("threshold file: a missing parameter that steers how scores are taken in is refused") {
  const WithThreshold workspace;
  for (const std::string parameter : {"map_reduction", "top_share", "non_finite"}) {
    check_refused(workspace.apply(without(workspace.json, "/parameters/" + parameter).dump()), 2,
                  {"edited.json", parameter});
  }
}

TEST_CASE("threshold file: a number too large for JSON is refused with the file's name") {
  const WithThreshold workspace;
  std::string text = workspace.read("line.json");
  const std::size_t place = text.find("\"cutoff\": 3");
  REQUIRE(place != std::string::npos);
  text.replace(place, 11, "\"cutoff\": 1e999");
  check_refused(workspace.apply(text), 2, {"plimsoll: edited.json: "});
}

TEST_CASE("threshold file: a cutoff that is not that of its bits is refused") {
  const WithThreshold workspace;
  for (const Json& cutoff : {Json(3.0000000000000004), Json(-3), Json(0), Json(nullptr), Json("inf"), Json("-inf")}) {
    check_refused(workspace.apply(with(workspace.json, "/cutoff", cutoff).dump()), 2, {"edited.json", "cutoff_bits"});
  }
  for (const std::string bits : {"0x4008000000000001", "0xc008000000000000", "4008000000000000", "", "0x", "three",
                                 "0x40080000000000000", "0x400800000000000g"}) {
    check_refused(workspace.apply(with(workspace.json, "/cutoff_bits", bits).dump()), 2,
                  {"edited.json", "cutoff_bits"});
  }
}

TEST_CASE("threshold file: a cutoff that is no number is refused even if its bits agree") {
  const WithThreshold workspace;
  Json nan = with(workspace.json, "/cutoff", nullptr);
  nan["cutoff_bits"] = "0x7ff8000000000000";
  check_refused(workspace.apply(nan.dump()), 2, {"edited.json", "cutoff"});
}

TEST_CASE("threshold file: a fit that is not ok is not applied") {
  const WithThreshold workspace;
  for (const std::string status : {"too_few_scores", "missing_class", "no_spread", "not_applicable"}) {
    Json failed = with(workspace.json, "/status", status);
    check_refused(workspace.apply(failed.dump()), 2, {"edited.json", status});
    failed["cutoff"] = "inf";
    failed["cutoff_bits"] = "0x7ff0000000000000";
    check_refused(workspace.apply(failed.dump()), 2, {"edited.json", status});
  }
}

TEST_CASE("threshold file: every cutoff reads back with its bits") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  // Decimals whose shortest form is an integer, an exponent, or longer than 17 digits would be.
  for (const std::string value : {"0",
                                  "1",
                                  "-1",
                                  "0.1",
                                  "-0.1",
                                  "1e300",
                                  "1e-300",
                                  "5e-324",
                                  "-5e-324",
                                  "2.2250738585072011e-308",
                                  "1.7976931348623157e308",
                                  "-1.7976931348623157e308",
                                  "9007199254740993",
                                  "18446744073709551616",
                                  "-9223372036854775809",
                                  "1e22",
                                  "123456789012345680000",
                                  "0.30000000000000004",
                                  "1e-7",
                                  "4.35"}) {
    INFO(value);
    const auto json =
        json_of(workspace.run("fit scores.csv --method manual --value=" + value + " -o line.json --format json"));
    CHECK(cutoff_of(json) == std::strtod(value.c_str(), nullptr));
    CHECK(json.at("cutoff").get<double>() == cutoff_of(json));
    check_success(workspace.run("apply line.json scores.csv"));
  }
}

TEST_CASE("threshold file: of an older version without the fields of models it is taken") {
  const WithModel workspace;
  for (const std::string field : {"/interval", "/goodness", "/estimates", "/counts/trimmed"}) {
    INFO(field);
    REQUIRE(workspace.json.contains(Json::json_pointer(field)));
    check_success(workspace.apply(without(workspace.json, field).dump()));
    check_success(workspace.apply(with(workspace.json, field, nullptr).dump()));
  }
}

TEST_CASE("threshold file: in the fields of models each value has its type") {
  const WithModel workspace;
  for (const std::string object : {"/interval", "/goodness", "/estimates"}) {
    for (const Json& value : {Json(1), Json("one"), Json(true), Json::array({1})}) {
      check_refused(workspace.apply(with(workspace.json, object, value).dump()), 2,
                    {"plimsoll: edited.json: ", "field " + dotted(object) + " is not an object"});
    }
  }
  for (const std::string field : {"/interval/lower", "/interval/upper", "/interval/confidence", "/goodness/statistic",
                                  "/goodness/p_value", "/estimates/xi", "/estimates/sigma"}) {
    REQUIRE(workspace.json.contains(Json::json_pointer(field)));
    for (const Json& value : {Json("seven"), Json(true), Json::array(), Json::object(), Json("Inf"), Json("")}) {
      check_refused(workspace.apply(with(workspace.json, field, value).dump()), 2,
                    {"plimsoll: edited.json: ", "field " + dotted(field) + " is not a number"});
    }
    for (const Json& value : {Json("inf"), Json("-inf"), Json(nullptr), Json(0), Json(-1e300)}) {
      check_success(workspace.apply(with(workspace.json, field, value).dump()));
    }
  }
  for (const std::string field : {"/interval/method", "/goodness/test"}) {
    for (const Json& value : {Json(1), Json(nullptr), Json::array()}) {
      check_refused(workspace.apply(with(workspace.json, field, value).dump()), 2,
                    {"field " + dotted(field) + " is not a text"});
    }
  }
  for (const std::string field : {"/interval/lower", "/interval/upper", "/interval/confidence", "/interval/method",
                                  "/goodness/test", "/goodness/statistic", "/goodness/p_value"}) {
    check_refused(workspace.apply(without(workspace.json, field).dump()), 2,
                  {"field " + dotted(field) + " is missing"});
  }
  for (const Json& value : {Json(-1), Json(1.5), Json("5"), Json(true)}) {
    check_refused(workspace.apply(with(workspace.json, "/counts/trimmed", value).dump()), 2,
                  {"field counts.trimmed is not a count"});
  }
}

TEST_CASE("threshold file: estimates may have any name") {
  const WithModel workspace;
  Json json = workspace.json;
  for (const std::string& name : {std::string(), std::string("cutoff"), std::string("a/b~c.d"), std::string("\n\"\\"),
                                  std::string("\xc3\xa4"), std::string("a\0b", 3), std::string(1000, 'x')}) {
    json["estimates"][name] = 1.5;
    check_success(workspace.apply(json.dump()));
    Json bad = json;
    bad["estimates"][name] = "many";
    const Outcome outcome = workspace.apply(bad.dump());
    check_refused(outcome, 2, {"plimsoll: edited.json: ", "field estimates.", "is not a number"});
    CHECK(outcome.err.size() < 300);
  }
  json["estimates"] = Json::object();
  check_success(workspace.apply(json.dump()));
}

TEST_CASE("threshold file: thousands of estimates are read and a file of more than a megabyte is not") {
  const WithModel workspace;
  nlohmann::json json = workspace.json;  // the ordered one looks up keys in linear time
  for (int i = 0; i < 20'000; ++i) json["estimates"]["estimate " + std::to_string(i)] = i;
  const std::string text = json.dump();
  REQUIRE(text.size() < 1'000'000);
  check_success(workspace.apply(text));
  check_refused(workspace.apply(text + std::string(1'100'000 - text.size(), ' ')), 2, {"edited.json", "megabyte"});
}

TEST_CASE("threshold file: of a megabyte to the byte it is read, and of one more it is not") {
  const WithThreshold workspace;
  const std::string text = workspace.read("line.json");
  constexpr std::size_t megabyte = 1024 * 1024;
  check_success(workspace.apply(text + std::string(megabyte - text.size(), ' ')));
  check_refused(workspace.apply(text + std::string(megabyte + 1 - text.size(), ' ')), 2, {"is over a megabyte"});
}

TEST_CASE("threshold file: decisions depend on nothing but the cutoff") {
  const WithModel workspace;
  const std::string test = example("bottle-knn/test.npy");
  const auto labels = [&](const Json& json) {
    workspace.write("edited.json", json.dump());
    const Outcome outcome = workspace.run("apply edited.json " + test + " -o -");
    check_success(outcome);
    return outcome.out;
  };
  const std::string expected = labels(workspace.json);
  CHECK(expected.find('1') != std::string::npos);
  Json json = workspace.json;
  json["interval"]["lower"] = "-inf";
  json["interval"]["upper"] = "inf";
  json["estimates"]["tail_start"] = 1e9;
  json["goodness"]["p_value"] = 0;
  json["counts"]["trimmed"] = 40;
  json["parameters"]["trim"] = 0.4;
  CHECK(labels(json) == expected);
}

TEST_CASE("threshold file: of a fit that a test rejected or that did not converge is not applied") {
  const WithModel workspace;
  for (const std::string status : {"fit_rejected", "not_converged"}) {
    Json failed = with(workspace.json, "/status", status);
    failed["cutoff"] = "inf";
    failed["cutoff_bits"] = "0x7ff0000000000000";
    check_refused(workspace.apply(failed.dump()), 2, {"edited.json", status});
  }
}
