// SPDX-License-Identifier: Apache-2.0
// The methods that fit a distribution, and the band, from the shell.
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

const std::vector<std::string> normals_only{
    "tail", "quantile", "certified", "gpd", "gev",     "gumbel",          "parametric",
    "spot", "sigma",    "mad",       "iqr", "maximum", "scaled_quantile", "map"};

std::string repeated(const std::string& cell, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += cell + "\n";
  return text;
}

}  // namespace

TEST_CASE("models: cutoffs on the bundled score sets are those of SciPy") {
  struct Known {
    std::string arguments;
    double cutoff;
    std::string promise;
  };
  // NumPy and SciPy on the same files. L-moments by probability-weighted moments; xi of gev by scipy.optimize.brentq;
  // the tail above numpy.quantile(x, 0.75), its maximum likelihood by mpmath.findroot on Grimshaw's equation with 40
  // digits, likewise spot's above the smallest x(r) with r / n >= 0.98; tail is the mean of the Gumbel quantile and of
  // the Pareto one by probability-weighted moments; lognorm and gumbel_r as by scipy.stats.
  const std::string bottle = "bottle-knn/normal.npy";
  const std::string screw = "screw-knn/normal.npy";
  const std::string mammography = "mammography-knn/normal.npy";
  const std::vector<std::pair<std::string, std::vector<Known>>> sets{
      {bottle,
       {{"", 29.631310141444988, "false alarms about 5 %, model-based, 57 normals"},
        {"--method tail", 29.631310141444988, "false alarms about 5 %, model-based, 57 normals"},
        {"--method gpd", 47.63909877134566, "false alarms about 1 %, model-based, 57 normals"},
        {"--method gev", 29.11710350941322, "false alarms about 5 %, model-based, 57 normals"},
        {"--method gumbel", 28.133052522326166, "false alarms about 5 %, model-based, 57 normals"},
        {"--method parametric --family log_normal --least-p-value 0", 27.03225781504917,
         "false alarms about 5 %, model-based, 57 normals"}}},
      {screw,
       {{"--method tail", 30.149509076143406, "false alarms about 5 %, model-based, 90 normals"},
        {"--method gpd", 98.78921349146488, "false alarms about 1 %, model-based, 90 normals"},
        {"--method gev", 31.913535432928516, "false alarms about 5 %, model-based, 90 normals"},
        {"--method gumbel", 32.18521762215642, "false alarms about 5 %, model-based, 90 normals"},
        // Of six families log_normal has the least AIC, 588.22; gumbel, the next, 629.47.
        {"--method parametric --least-p-value 0", 27.853488886848112,
         "false alarms about 5 %, model-based, 90 normals"}}},
      {mammography,
       {{"--method tail", 0.8144103245805647, "false alarms about 5 %, model-based, 2442 normals"},
        {"--method gpd", 1.418445663403985, "false alarms about 1 %, model-based, 2442 normals"},
        {"--method gev", 0.8618360334154223, "false alarms about 5 %, model-based, 2442 normals"},
        {"--method gumbel", 0.8153509675316868, "false alarms about 5 %, model-based, 2442 normals"},
        {"--method spot", 2.8531058241849108, "false alarms about 0.1 %, model-based, 2442 normals"}}},
  };
  const Workspace workspace;
  for (const auto& [set, all] : sets) {
    for (const Known& known : all) {
      INFO(set << " " << known.arguments);
      const auto file = json_of(workspace.run("fit " + example(set) + " --format json " + known.arguments));
      CHECK(cutoff_of(file) == Approx(known.cutoff).epsilon(1e-11));  // of iterations that stop near 1e-12
      CHECK(file.at("status") == "ok");
      CHECK(file.at("promise").at("text") == known.promise);
      CHECK(file.at("promise").at("guarantee") == "model-based");
      CHECK(file.at("promise").at("confidence").is_null());
      CHECK(file.at("method") == (known.arguments.empty() ? "auto" : split(known.arguments, ' ')[1]));
    }
  }
  CHECK(workspace.files().empty());
}

TEST_CASE("models: what was estimated and how sure it is stands in the file and in the text") {
  const Workspace workspace;
  const std::string screw = example("screw-knn/normal.npy");

  const auto gumbel = json_of(workspace.run("fit " + screw + " --method gumbel --format json"));
  // cutoff -+ 1.96 sigma sqrt((1.1128 + 0.4574 g + 0.8046 g^2) / n), g = -log(-log(0.95)) (Phien 1987), by NumPy.
  CHECK(gumbel.at("interval").at("lower").get<double>() == Approx(27.320784035234144).epsilon(1e-9));
  CHECK(gumbel.at("interval").at("upper").get<double>() == Approx(37.0496512090787).epsilon(1e-9));
  CHECK(gumbel.at("interval").at("confidence") == 0.95);
  CHECK(gumbel.at("interval").at("method") == "delta method");
  CHECK(gumbel.at("estimates").at("mu").get<double>() == Approx(9.578181667647671).epsilon(1e-12));
  CHECK(gumbel.at("estimates").at("sigma").get<double>() == Approx(7.61129624788105).epsilon(1e-12));

  const auto gpd = json_of(workspace.run("fit " + screw + " --method gpd --format json"));
  CHECK(gpd.at("estimates").at("exceedances") == 23);
  CHECK(gpd.at("estimates").at("xi").get<double>() == Approx(0.916858221957636).epsilon(1e-9));
  CHECK(gpd.at("estimates").at("sigma").get<double>() == Approx(4.204760663540719).epsilon(1e-9));
  // The profile likelihood's interval by scipy.optimize, for a share in the tail that is known. Here it is not.
  CHECK(gpd.at("interval").at("lower").get<double>() < 42.72184763070641);
  CHECK(gpd.at("interval").at("upper").get<double>() > 1311.4333488117172);
  CHECK(gpd.at("interval").at("method") == "profile likelihood");
  const double p = gpd.at("goodness").at("p_value").get<double>();
  CHECK(p > 0.01);
  CHECK(p * 200 == Approx(std::round(p * 200)).margin(1e-9));  // (1 + b) / (199 + 1)

  const auto parametric = json_of(workspace.run("fit " + screw +
                                                " --method parametric:least_p_value=0.001,family=log_normal "
                                                "--format json"));
  CHECK(parametric.at("goodness").at("test") == "anderson_darling");
  CHECK(parametric.at("goodness").at("statistic").get<double>() == Approx(2.4048268153405274).epsilon(1e-9));  // NumPy
  CHECK(parametric.at("estimates").at("aic").get<double>() == Approx(588.2197158331129).epsilon(1e-12));

  const Outcome text = workspace.run("fit " + screw + " --method gpd");
  check_success(text);
  for (const std::string line :
       {"gpd on 90 normal scores (float32)", "  interval  [", " with 95 % confidence, by profile",
        "  estimates exceedances = 23, sigma = 4.20476, tail_start = 13.8587, xi = 0.916858",
        "  goodness  anderson_darling = "}) {
    INFO(line);
    CHECK(text.out.find(line) != std::string::npos);
  }
  const Outcome unnamed = workspace.run("fit " + screw);
  CHECK(unnamed.out.find("auto by default") != std::string::npos);
  CHECK(unnamed.out.find("chose tail, at a rate of 5 %: 90 normal scores are no more than 300") != std::string::npos);
  CHECK(workspace.run("fit " + screw + " --method tail").out.find("by default") == std::string::npos);

  const Outcome csv = workspace.run("fit " + screw + " --method gumbel --format csv");
  check_success(csv);
  const auto cells = split(lines_of(csv.out).at(1), ',');
  REQUIRE(cells.size() == 8);
  CHECK(std::stod(cells[6]) == gumbel.at("interval").at("lower").get<double>());
  CHECK(std::stod(cells[7]) == gumbel.at("interval").at("upper").get<double>());
}

TEST_CASE("models: certified puts the line where the exact band does") {
  // The band for all cutoffs at once by a dynamic program over binomial steps, in SciPy: the least n with a bound of 5
  // % is 119, where it is that of the largest score; of 90 the 89th has one of 10 %; 57 certify 9.64 % at best.
  const Workspace workspace;
  const auto fit = [&](int n, const std::string& arguments) {
    workspace.write("scores.csv", count_to(n));
    return workspace.run("fit scores.csv --method certified --format json " + arguments);
  };
  const auto file = json_of(fit(119, ""));
  CHECK(cutoff_of(file) == 119.00000000000001);  // numpy.nextafter(119, inf)
  CHECK(file.at("promise").at("text") == "false alarms <= 5 % with 95 % confidence, distribution-free, 119 normals");
  CHECK(file.at("promise").at("best_rate").get<double>() == Approx(0.04975346001153068).epsilon(1e-7));
  CHECK(cutoff_of(json_of(fit(90, "--false-alarm-rate 0.1"))) == 89.00000000000001);
  CHECK(cutoff_of(json_of(fit(57, "--false-alarm-rate 0.1"))) == 57.00000000000001);
  check_refused(fit(118, ""), 1, {"too_few_scores", "needs 119 normal scores", "there are 118", "5.02 %"});
  check_refused(fit(57, ""), 1, {"needs 119 normal scores", "there are 57", "9.64 %"});
}

TEST_CASE("models: gpd with a confidence is a bound above the estimate") {
  const Workspace workspace;
  const auto fit = [&](const std::string& arguments) {
    return json_of(workspace.run("fit " + example("mammography-knn/normal.npy") +
                                 " --method gpd --replicates 49 --format json " + arguments));
  };
  const double estimate = 1.418445663403985;  // mpmath, see above
  double last = estimate;
  for (const std::string confidence : {"0.8", "0.99"}) {
    for (const std::string bound : {"profile", "delta"}) {
      const auto file = fit("--confidence " + confidence + " --bound " + bound);
      CHECK(cutoff_of(file) > last);
      CHECK(file.at("estimates").at("estimate").get<double>() == Approx(estimate).epsilon(1e-9));
      const bool promised = bound == "profile";  // standard errors keep their confidence too seldom
      CHECK(file.at("promise").at("confidence") ==
            (promised ? nlohmann::json(std::stod(confidence)) : nlohmann::json()));
      CHECK(file.at("promise").at("text").get<std::string>().starts_with(
          promised ? "false alarms <= 1 % with " : "false alarms about 1 %, model-based"));
    }
    last = cutoff_of(fit("--confidence " + confidence + " --bound delta"));
  }
  check_refused(
      workspace.run("fit " + example("bottle-knn/normal.npy") + " --method gpd --confidence 0.9 --estimator pwm"), 2,
      {"estimator = pwm", "mle"});
}

TEST_CASE("models: a fit that the scores contradict is rejected with status 1 and nothing written") {
  const Workspace workspace;
  for (const std::string set : {"bottle-knn", "screw-knn", "mammography-knn"}) {
    const std::string fit = "fit " + example(set + "/normal.npy") + " -o line.json --method parametric --family normal";
    // scipy.stats.anderson rejects the normal distribution below 1 % for each.
    check_refused(workspace.run(fit), 1,
                  {"parametric gives no cutoff", "do not look normal", "least_p_value = 0.01", "fit_rejected"});
    check_refused(workspace.run(fit + " --test cramer_von_mises"), 1, {"fit_rejected"});
    CHECK(workspace.files().empty());
  }
  // 0 does not test; 1/200 is the least p-value of 199 replicates.
  const std::string fit =
      "fit " + example("screw-knn/normal.npy") + " --method parametric --family normal --format json";
  CHECK_FALSE(json_of(workspace.run(fit + " --least-p-value 0")).contains("goodness"));
  CHECK(json_of(workspace.run(fit + " --least-p-value 0.005")).at("goodness").at("p_value") == 0.005);
  // What follows the family is not rejected: the quantiles of a logistic distribution.
  std::string logistic;
  for (int i = 1; i <= 60; ++i) logistic += std::to_string(std::log((i - 0.5) / (60.5 - i))) + "\n";
  workspace.write("logistic.csv", logistic);
  const auto file = json_of(workspace.run("fit logistic.csv --method parametric --family logistic --format json"));
  CHECK(file.at("goodness").at("p_value").get<double>() > 0.5);  // nothing fits better than the quantiles themselves
}

TEST_CASE("models: log-normal and gamma and Weibull need scores above their location") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(60) + "0\n");
  for (const std::string family : {"log_normal", "gamma", "weibull"}) {
    check_refused(workspace.run("fit scores.csv --method parametric --family " + family), 1,
                  {"not_applicable", "location = 0"});
    check_success(
        workspace.run("fit scores.csv --method parametric --least-p-value 0 --location -1 --family " + family));
  }
  const auto best = json_of(workspace.run("fit scores.csv --method parametric --least-p-value 0 --format json"));
  CHECK(best.at("note").get<std::string>().find("log_normal, gamma, weibull were left out") != std::string::npos);
}

TEST_CASE("models: with too few scores the message says how many it takes") {
  const Workspace workspace;
  workspace.write("few.csv", count_to(18));
  // 10 above the upper quarter; the band, see above; 20 above the 98 % level; 1 / 5 % - 1.
  check_refused(workspace.run("fit few.csv --method gpd"), 1, {"too_few_scores", "needs 40 ", "there are 18"});
  check_refused(workspace.run("fit few.csv --method certified"), 1, {"too_few_scores", "needs 119 ", "there are 18"});
  check_refused(workspace.run("fit few.csv --method spot"), 1, {"too_few_scores", "1000 ", "there are 18"});
  check_refused(workspace.run("fit few.csv --method quantile"), 1, {"too_few_scores", "needs 19 ", "there are 18"});
  // Under 20 scores there is no tail to speak of, and the text says so.
  CHECK(workspace.run("fit few.csv").out.find("from 20 normal scores on") != std::string::npos);
}

TEST_CASE("models: a few scores and constants and ties never crash any method") {
  const Workspace workspace;
  struct Input {
    std::string name;
    std::string text;
    int count;
    bool constant;
  };
  std::vector<Input> inputs;
  for (const int n : {1, 2, 3, 5}) inputs.push_back({"count", count_to(n), n, n == 1});
  for (const int n : {2, 5}) inputs.push_back({"constant", repeated("3", n), n, true});
  for (const int n : {2, 3, 4}) inputs.push_back({"negative", repeated("-3", n - 1) + "0\n", n, false});
  inputs.push_back({"zeros", repeated("0", 1200), 1200, true});
  inputs.push_back({"constants", repeated("1e-300", 1200), 1200, true});
  inputs.push_back({"two values", repeated("1", 1100) + repeated("2", 100), 1200, false});
  inputs.push_back({"one apart", repeated("7", 1199) + "8\n", 1200, false});
  inputs.push_back({"huge", "1e308\n-1e308\n" + count_to(50), 52, false});
  inputs.push_back({"empty", "score\n", 0, true});
  const auto status_of = [](const Outcome& outcome) {
    const std::string line = lines_of(outcome.err).at(0);
    const std::size_t begin = line.rfind('(');
    return line.substr(begin + 1, line.size() - begin - 2);
  };
  // The least number of scores, by docs/methods; spreads and distributions need two that differ.
  const std::map<std::string, int> needed{
      {"tail", 2},   {"quantile", 19},  {"certified", 119},     {"gpd", 40},  {"gev", 3},
      {"gumbel", 2}, {"parametric", 2}, {"spot", 1000},         {"sigma", 2}, {"mad", 2},
      {"iqr", 2},    {"maximum", 1},    {"scaled_quantile", 1}, {"map", 3}};
  for (const Input& input : inputs) {
    for (const std::string& method : normals_only) {
      INFO(input.name << ", " << input.count << " scores, " << method);
      const Outcome outcome = workspace.run("fit - --format csv -o line.json --method " + method, input.text);
      if (input.count == 0) {
        CHECK((outcome.status == 1 || outcome.status == 2));
        CHECK(lines_of(outcome.err).size() == 1);
        continue;
      }
      const bool fits = outcome.status == 0;
      CHECK(workspace.files().empty() == !fits);
      if (fits) {
        check_success(outcome);
        CHECK(input.count >= needed.at(method));
        const auto file = nlohmann::json::parse(workspace.read("line.json"));
        CHECK(std::isfinite(cutoff_of(file)));
        check_success(workspace.run("apply line.json -", input.text));
        std::filesystem::remove(workspace.path("line.json"));
        continue;
      }
      check_refused(outcome, 1, {method + " gives no cutoff: "});
      const std::string status = status_of(outcome);
      if (input.count < needed.at(method)) {
        CHECK(status == "too_few_scores");
      } else if (input.constant && method != "scaled_quantile") {
        CHECK(status == "no_spread");
      } else {
        CHECK((status == "no_spread" || status == "not_applicable" || status == "too_few_scores" ||
               status == "fit_rejected" || status == "not_converged"));
      }
    }
  }
}

TEST_CASE("models: a cutoff at tied scores lets them pass") {
  // The share of scores above the ties is no more than the rate, so flagging the ties would be nearly all.
  const Workspace workspace;
  workspace.write("ties.csv", repeated("1", 997) + "2\n3\n4\n");
  for (const std::string method : {"quantile", "certified", "gpd", "maximum", "tail", "gumbel"}) {
    INFO(method);
    check_success(workspace.run("fit ties.csv -o line.json --method " + method));
    const auto applied = json_of(workspace.run("apply line.json ties.csv --format json"));
    CHECK(applied.at("anomalous").get<int>() <= 3);
  }
}

TEST_CASE("models: gev takes maps by their maximum and apply does so too") {
  const Workspace workspace;
  // The i-th of 19 maps has the maximum i, in turning places.
  std::vector<double> pixels;
  for (std::size_t i = 1; i <= 19; ++i) {
    std::vector<double> map(6, -1.0);
    map[i % 6] = static_cast<double>(i);
    pixels.insert(pixels.end(), map.begin(), map.end());
  }
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {19, 2, 3}}));
  const auto file = json_of(workspace.run("fit maps.npy --method gev -o line.json --format json"));
  CHECK(file.at("parameters").at("map_reduction") == "maximum");
  CHECK(file.at("counts") == counts_of(19, 0, 0));
  CHECK(cutoff_of(file) == Approx(19.739584058629006).epsilon(1e-12));  // SciPy, L-moments of 1 .. 19
  CHECK(file.at("promise").at("text") == "false alarms about 5 %, model-based, 19 normals");
  workspace.write("test.npy", npy({19, 0, 0, 0, 0, 0, 0, 0, 19.75, 0, 0, 20}, {.type = "<f4", .shape = {2, 2, 3}}));
  check_success(workspace.run("apply line.json test.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{2}, {0, 1}});
  workspace.write("truth.csv", "0\n1\n");
  const auto applied = json_of(workspace.run("apply line.json test.npy --labels truth.csv --format json"));
  CHECK(applied.at("count") == 2);
  CHECK(applied.at("metrics").at("f1") == 1);

  // Pixel by pixel on request, and then nothing is promised; nor by the default method.
  for (const std::string arguments : {"--method gev --map-reduction every_pixel", ""}) {
    const auto by_pixel = json_of(workspace.run("fit maps.npy --format json " + arguments));
    CHECK(by_pixel.at("counts").at("normal") == 114);
    CHECK(by_pixel.at("promise").at("guarantee") == "none");
    CHECK_FALSE(by_pixel.contains("interval"));
    CHECK(by_pixel.at("note").get<std::string>().find("pixels") != std::string::npos);
  }
}

TEST_CASE("models: low scores are negated for all methods alike") {
  const Workspace workspace;
  std::string negatives;
  for (const std::string& line : lines_of(count_to(60))) negatives += "-" + line + "\n";
  workspace.write("scores.csv", count_to(60));
  workspace.write("negative.csv", negatives);
  for (const std::string method : {"tail", "gpd", "gev", "gumbel", "parametric"}) {
    INFO(method);
    const std::string arguments = " --method " + method + " --format json";
    CHECK(cutoff_of(json_of(workspace.run("fit negative.csv --direction lower" + arguments))) ==
          cutoff_of(json_of(workspace.run("fit scores.csv" + arguments))));
  }
}

TEST_CASE("models: nonsense for any parameter is refused with method and parameter and value") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(60));
  const auto methods = json_of(workspace.run("methods --format json"));
  std::size_t turn = 0;  // a process a value would take minutes: the first method is given all, the others one in turn
  for (const auto& method : methods) {
    const auto name = method.at("name").get<std::string>();
    if (name == "f1" || name == "manual") continue;  // see usage_test.cpp
    const bool all = method == methods.front();
    for (const auto& parameter : method.at("parameters")) {
      auto option = parameter.at("name").get<std::string>();
      const std::string shown = option;
      for (char& c : option) c = c == '_' ? '-' : c;
      const std::string fit = "fit scores.csv -o line.json --method " + name + " --" + option;
      const auto range = parameter.at("range").get<std::string>();
      std::vector<std::string> values{"nan", "1e400", "many"};
      if (range == "finite") values.push_back("-inf");
      if (range != "finite" && parameter.at("kind") != "choice") values.push_back("-1");
      if (parameter.at("kind") == "integer") values.push_back("20.5");
      if (!all) values = {values[turn++ % values.size()]};
      for (const std::string& value : values) {
        check_refused(workspace.run(fit + "=" + value), 2, {name + ": ", shown + " = ", range});
      }
      if (all) check_refused(workspace.run(fit + " ''"), 2, {"--" + option, "empty"});
    }
  }
  CHECK(workspace.files() == std::vector<std::string>{"scores.csv"});
  check_refused(workspace.run("fit scores.csv --false-alarm-rate 5%"), 2,
                {"5% is not a number in (0, 1); 5 % is 0.05"});
  check_refused(workspace.run("fit scores.csv --method spot --false-alarm-rate 0.05"), 2,
                {"spot", "false_alarm_rate = 0.05", "1 - level"});
}
