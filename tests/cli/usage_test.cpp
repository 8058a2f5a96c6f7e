// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "catch.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

/// A workspace with 100 scores, labels and a threshold file.
class WithFiles : public Workspace {
 public:
  WithFiles() {
    write("scores.csv", count_to(100));
    std::string labels;
    for (int i = 0; i < 100; ++i) labels += i < 90 ? "0\n" : "1\n";
    write("labels.csv", labels);
    check_success(run("fit scores.csv -o line.json"));
  }
};

}  // namespace

TEST_CASE("usage: help and version go to standard output") {
  const Workspace workspace;
  for (const std::string arguments : {"--help", "-h", "fit --help", "apply --help", "evaluate -h", "synth --help",
                                      "watch --help", "methods --help"}) {
    const Outcome outcome = workspace.run(arguments);
    check_success(outcome);
    CHECK(outcome.out.find("Usage: plimsoll") != std::string::npos);
  }
  const Outcome version = workspace.run("--version");
  check_success(version);
  CHECK(version.out.starts_with("plimsoll "));
  CHECK(lines_of(version.out).size() == 1);
}

TEST_CASE("usage: the help names every option with its values") {
  const Workspace workspace;
  const std::string fit = workspace.run("fit --help").out;
  for (const std::string option : {"-o,--output FILE",
                                   "--method",
                                   "--labels",
                                   "--label-column",
                                   "--anomalous",
                                   "--column",
                                   "--direction higher|lower",
                                   "--format table|json|csv",
                                   "--false-alarm-rate",
                                   "--contamination",
                                   "--bootstrap N",
                                   "--bootstrap-seed N",
                                   "--trim",
                                   "--tail-share",
                                   "--bound",
                                   "--start",
                                   "--estimator",
                                   "--least-p-value",
                                   "--replicates",
                                   "--seed",
                                   "--family",
                                   "--location",
                                   "--test",
                                   "--confidence",
                                   "--k",
                                   "--ddof",
                                   "--fence",
                                   "--level",
                                   "--factor",
                                   "--value",
                                   "--objective",
                                   "--beta",
                                   "--prevalence",
                                   "--miss-cost",
                                   "--false-alarm-cost",
                                   "--recall-floor",
                                   "--false-alarm-cap",
                                   "--place",
                                   "--missing-class",
                                   "--non-finite",
                                   "--map-reduction",
                                   "--top-share"}) {
    INFO(option);
    CHECK(fit.find("  " + option + " ") != std::string::npos);
  }
}

TEST_CASE("usage: the help does not give one method's default for another's") {
  const Workspace workspace;
  for (const std::string& line : lines_of(workspace.run("fit --help").out)) {
    if (!line.starts_with("  --k ")) continue;
    INFO(line);  // 3 for sigma and mad, 1.5 for iqr; standard deviations for sigma alone
    CHECK(line.find("1.5") != std::string::npos);
  }
}

TEST_CASE("usage: the help names the default method and the methods that have a parameter") {
  const Workspace workspace;
  for (const std::string& line : lines_of(workspace.run("fit --help").out)) {
    INFO(line);
    if (line.starts_with("  --method ")) CHECK(line.find("[default auto]") != std::string::npos);
    if (line.starts_with("  --trim "))
      CHECK(
          line.find("all but pixel, histogram, mixture, outlier, centre, vote, manual, f1, synthetic and combined: ") !=
          std::string::npos);
    if (line.starts_with("  --map-reduction "))
      CHECK(line.find("; gev, map, synthetic and combined: default maximum") != std::string::npos);
    if (line.starts_with("  --false-alarm-rate ")) {
      CHECK(line.find("gpd (default 0.01)") != std::string::npos);
      CHECK(line.find("spot (default 0.001)") != std::string::npos);
    }
  }
}

TEST_CASE("usage: a wrong command line is refused with a hint at the help") {
  const WithFiles workspace;
  const auto files = workspace.files();
  struct Wrong {
    std::string arguments;
    std::string mention;
  };
  const std::vector<Wrong> all{
      {"", "command"},
      {"fit", "SCORES"},
      {"apply", "THRESHOLD"},
      {"apply line.json", "SCORES"},
      {"evaluate scores.csv --labels labels.csv", "TEST"},
      {"fit scores.csv more.csv", "more.csv"},
      {"fit scores.csv --no-such-option 1", "--no-such-option"},
      {"fit scores.csv --false-alarm-rate", "--false-alarm-rate"},
      {"fit scores.csv -o", "--output"},
      {"fit scores.csv --format xml", "--format"},
      {"fit scores.csv --direction up", "--direction"},
      {"fit scores.csv --method sigma --k 1 --k 2", "--k"},
      {"fit scores.csv --method sigma --method mad", "--method"},
      {"apply line.json scores.csv --direction lower", "--direction"},
      {"apply line.json scores.csv --k 3", "--k"},
      {"methods --k 3", "--k"},
  };
  for (const Wrong& wrong : all) {
    const Outcome outcome = workspace.run(wrong.arguments);
    check_refused(outcome, 2, {wrong.mention});
    CHECK(lines_of(outcome.err).size() == 2);
    CHECK(workspace.files() == files);
  }
}

TEST_CASE("usage: an unknown command is named") {
  const Workspace workspace;
  check_refused(workspace.run("train scores.csv"), 2, {"plimsoll: no command train; there are fit, collect, apply, "});
  check_refused(workspace.run("--quiet"), 2, {"plimsoll: no option --quiet"});
  CHECK(workspace.run("--quiet").err.find("there are") == std::string::npos);
}

TEST_CASE("usage: a wrong word for an option is refused with the right ones") {
  const WithFiles workspace;
  check_refused(workspace.run("fit scores.csv --direction up"), 2, {"--direction", "up", "higher", "lower"});
  check_refused(workspace.run("fit scores.csv --format xml"), 2, {"--format", "xml", "table", "json", "csv"});
}

TEST_CASE("usage: only the words of an option are taken for it") {
  const WithFiles workspace;
  check_refused(workspace.run("fit scores.csv --format 1"), 2, {"--format"});
}

TEST_CASE("usage: an empty value is not the same as none") {
  // As from a shell variable that is not set: --false-alarm-rate "$RATE".
  const WithFiles workspace;
  for (const std::string option : {"--false-alarm-rate", "--trim", "--bootstrap", "--non-finite"}) {
    check_refused(workspace.run("fit scores.csv " + option + " ''"), 2, {option});
  }
  for (const std::string option :
       {"-o,--output FILE", "--labels", "--anomalous", "--column", "--label-column", "--method"}) {
    check_refused(workspace.run("fit scores.csv " + option + " ''"), 2, {});
  }
  check_refused(workspace.run("apply line.json scores.csv -o ''"), 2, {});
}

TEST_CASE("usage: values out of their range are refused with method and parameter and range") {
  const WithFiles workspace;
  const auto files = workspace.files();
  struct Wrong {
    std::string method;
    std::string parameter;
    std::string value;
    std::string range;
  };
  const std::vector<Wrong> all{
      {"quantile", "false_alarm_rate", "0", "(0, 1)"},
      {"quantile", "false_alarm_rate", "1", "(0, 1)"},
      {"quantile", "false_alarm_rate", "-0.1", "(0, 1)"},
      {"quantile", "false_alarm_rate", "5", "(0, 1)"},
      {"quantile", "false_alarm_rate", "nan", "(0, 1)"},
      {"quantile", "false_alarm_rate", "5%", "(0, 1)"},
      {"quantile", "false_alarm_rate", "0,05", "(0, 1)"},
      {"quantile", "false_alarm_rate", "small", "(0, 1)"},
      {"quantile", "confidence", "1", "(0, 1)"},
      {"sigma", "k", "inf", "finite"},
      {"sigma", "k", "-inf", "finite"},
      {"sigma", "k", "1e400", "finite"},
      {"sigma", "ddof", "2", "[0, 1]"},
      {"sigma", "ddof", "0.5", "[0, 1]"},
      {"sigma", "ddof", "-1", "[0, 1]"},
      {"iqr", "fence", "Tukey", "tukey, adjusted"},
      {"scaled_quantile", "level", "1.01", "[0, 1]"},
      {"scaled_quantile", "factor", "0", "> 0"},
      {"manual", "value", "nan", "finite"},
      {"f1", "beta", "0", "[0.001, 1000]"},
      {"f1", "prevalence", "1", "(0, 1)"},
      {"f1", "miss_cost", "-1", "[0, 1e+12]"},
      {"f1", "recall_floor", "2", "[0, 1]"},
      {"f1", "objective", "f1", "f_beta"},
      {"f1", "place", "upper", "observed, middle"},
      {"maximum", "non_finite", "keep", "reject, skip"},
      {"maximum", "map_reduction", "mean", "every_pixel, maximum, top_mean"},
      {"maximum", "top_share", "0", "(0, 1]"},
  };
  for (const Wrong& wrong : all) {
    std::string option = wrong.parameter;
    for (char& c : option) {
      if (c == '_') c = '-';
    }
    check_refused(workspace.run("fit scores.csv --labels labels.csv -o new.json --method " + wrong.method + " --" +
                                option + "='" + wrong.value + "'"),
                  2, {wrong.method, wrong.parameter, wrong.value, wrong.range});
    if (wrong.value.find(',') == std::string::npos) {
      check_refused(workspace.run("fit scores.csv --labels labels.csv -o new.json --method '" + wrong.method + ":" +
                                  wrong.parameter + "=" + wrong.value + "'"),
                    2, {wrong.method, wrong.parameter, wrong.value, wrong.range});
    }
  }
  CHECK(workspace.files() == files);
}

TEST_CASE("usage: a negative number is a value and not an option") {
  const WithFiles workspace;
  for (const std::string value : {"-1", "-0.5", "-.5", "-1e3"}) {
    const Outcome outcome = workspace.run("fit scores.csv --method manual --value " + value + " --format csv");
    check_success(outcome);
    REQUIRE(lines_of(outcome.out).size() == 2);
    CHECK(std::stod(split(lines_of(outcome.out)[1], ',')[1]) == std::stod(value));
  }
}

TEST_CASE("usage: a parameter that the method does not have is refused") {
  const WithFiles workspace;
  // The message names those that have it.
  check_refused(workspace.run("fit scores.csv --k 3"), 2,
                {"auto, the default method, has no parameter --k", "sigma, mad and iqr have it", "--method sigma"});
  check_refused(workspace.run("fit scores.csv --confidence 0.95"), 2,
                {"--confidence", "quantile, certified, gpd and map have it: --method quantile"});
  check_refused(workspace.run("fit scores.csv --method sigma --false-alarm-rate 0.1"), 2,
                {"sigma has no parameter --false-alarm-rate", "quantile", "gpd", "--method auto"});
  check_refused(workspace.run("fit scores.csv --method maximum --value 3"), 2,
                {"maximum has no parameter --value", "manual has it: --method manual"});
  check_refused(
      workspace.run("fit scores.csv --method manual --trim 0.1"), 2,
      {"manual has no parameter --trim",
       "all but pixel, histogram, mixture, outlier, centre, vote, manual, f1, synthetic and combined have it"});
  check_refused(workspace.run("fit scores.csv --method sigma:beta=2"), 2,
                {"sigma has no parameter beta", "--method f1"});
  check_refused(workspace.run("fit scores.csv --method sigma:colour=2"), 2,
                {"sigma has no parameter colour", "plimsoll methods sigma"});
  check_refused(workspace.run("evaluate scores.csv scores.csv --labels labels.csv --factor 2"), 2,
                {"none of tail, quantile, gpd", "--factor", "--method scaled_quantile"});
  check_refused(workspace.run("evaluate scores.csv scores.csv --labels labels.csv --method mad --ddof 0"), 2,
                {"--ddof", "mad"});
}

TEST_CASE("usage: method specifications") {
  const WithFiles workspace;
  const auto cutoff = [&](const std::string& method) {
    const Outcome outcome = workspace.run("fit scores.csv --format csv --method " + method);
    check_success(outcome);
    const auto lines = lines_of(outcome.out);
    REQUIRE(lines.size() == 2);
    return std::stod(split(lines[1], ',')[1]);
  };
  CHECK(cutoff("manual:value=3") == 3);
  CHECK(cutoff("manual:value=-3") == -3);
  CHECK(cutoff("manual:value=3 --value 4") == 3);
  CHECK(cutoff("mad:k=0,non_finite=skip") == 50.5);
  CHECK(cutoff("mad:k=0,non-finite=skip,map-reduction=top_mean,top_share=0.1") == 50.5);
  for (const std::string method :
       {"nix", "''", "Sigma", "sigma:", "sigma:k", "sigma:k=", "sigma:=3", "sigma:k=3,", "sigma:,k=3",
        "sigma:k=3,,ddof=1", "sigma:k=3:ddof=1", "sigma:k=three", ":k=3", "sigma=3", "'sigma:k=3 '"}) {
    check_refused(workspace.run("fit scores.csv -o new.json --method " + method), 2, {});
  }
  check_refused(workspace.run("fit scores.csv --method nix"), 2, {"nix", "quantile", "f1"});
  check_refused(workspace.run("fit scores.csv --method sigma:k"), 2, {"'k'", "parameter=value"});
  CHECK_FALSE(std::filesystem::exists(workspace.path("new.json")));
}

TEST_CASE("usage: a parameter given twice in a method specification is refused") {
  const WithFiles workspace;
  check_refused(workspace.run("fit scores.csv --method manual:value=3,value=4"), 2, {"value"});
}

TEST_CASE("usage: f1 asks for labels") {
  const WithFiles workspace;
  check_refused(workspace.run("fit scores.csv --method f1 -o new.json"), 2, {"f1", "--labels", "--anomalous"});
}

TEST_CASE("usage: standard input gives one thing") {
  const WithFiles workspace;
  const auto refused = [&](const std::string& arguments) {
    check_refused(workspace.run(arguments, "1\n2\n"), 2, {"standard input"});
  };
  refused("apply - -");
  refused("apply line.json - --labels -");
  refused("apply line.json - --label-column label");
  refused("fit - --labels - --method f1");
  refused("fit - --anomalous - --method f1");
  refused("evaluate - - --labels labels.csv");
  refused("evaluate scores.csv - --labels -");
  refused("evaluate - scores.csv --labels -");
}

TEST_CASE("usage: a label column needs a csv file") {
  const WithFiles workspace;
  // Without this the scores themselves would be read as the labels.
  check_refused(workspace.run("apply line.json " + example("bottle-knn/test.npy") + " --label-column label"), 2,
                {"test.npy", "CSV"});
}

TEST_CASE("usage: of a percentage the share is told") {
  const WithFiles workspace;
  check_refused(workspace.run("fit scores.csv --method quantile --false-alarm-rate 2.5%"), 2,
                {"false_alarm_rate = 2.5% is not a number in (0, 1); 2.5 % is 0.025"});
  for (const std::string value : {"5%%", "%", "5", "x%"}) {
    const Outcome outcome = workspace.run("fit scores.csv --method quantile --false-alarm-rate " + value);
    check_refused(outcome, 2, {"false_alarm_rate = " + value + " is not a number in (0, 1)"});
    CHECK(outcome.err.find(";") == std::string::npos);
  }
}
